"""Every text of the server that a person reads is there in each language, whole and compiled."""

import ast
import gettext
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.db.models import Model
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation.template import templatize

from accounts.models import User
from records.failures import FAILURES
from tests.stack import ROOT

FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
ROOMS = ("accounts", "records", "recognition", "ferproject")
MODULES = [
    path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
]
TEMPLATES = [path for path in sorted((ROOT / "templates").rglob("*")) if path.is_file()]

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop"}
SENTENCE_AT = {
    "Problem": 1,
    "UploadError": 1,
    "ConflictError": 1,
    "problem_json": 1,
    "ValidationError": 0,
    "NotFound": 0,
    "PermissionDenied": 0,
    "AuthenticationFailed": 0,
    "NotAuthenticated": 0,
    "ParseError": 0,
    "Throttled": 1,
    "message_user": 1,
}
"""Where what raises or answers takes the sentence that a person reads."""

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[ds]|\{\w*\}|%%")


# --- The translation ---------------------------------------------------------------------------


def entries(path: Path) -> list[tuple[str, str, str]]:
    """A catalogue's (text, translation, comments), without its header."""
    found = []
    for block in path.read_text().strip().split("\n\n"):
        comments = "\n".join(line for line in block.splitlines() if line.startswith("#"))
        source, _, target = block.partition("\nmsgstr ")
        text = _quoted(source.partition("msgid ")[2])
        if text:
            found.append((text, _quoted(target), comments))
    return found


def _quoted(part: str) -> str:
    lines = [line for line in part.splitlines() if not line.startswith("#")]
    return "".join(ast.literal_eval(line) for line in lines)


PO = entries(FOLDER / "django.po")


def test_every_text_is_translated() -> None:
    assert len(PO) > 150
    assert [text for text, translated, _ in PO if not translated.strip()] == []
    assert [text for text, _, comments in PO if "fuzzy" in comments or "#~" in comments] == []
    texts = [text for text, _, _ in PO]
    assert len(texts) == len(set(texts))


def test_translations_hold_the_same_values() -> None:
    differing = [
        text
        for text, translated, _ in PO
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(translated))
    ]

    assert differing == []
    assert sum(bool(PLACEHOLDER.search(text)) for text, _, _ in PO) > 20


def test_what_is_compiled_is_what_is_written() -> None:
    """After a change: `make texts`."""
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)
    compiled.pop("")

    assert compiled == {text: translated for text, translated, _ in PO}


def test_the_manifest_speaks_both_languages() -> None:
    """https://www.w3.org/TR/appmanifest/#x_localized-members"""
    manifest = json.loads((ROOT / "static" / "manifest.webmanifest").read_text())

    assert manifest["lang"] == "en"
    for member in ("short_name", "description"):
        assert not manifest[f"{member}_localized"]["zh-Hans"].isascii()


def test_the_page_without_network_speaks_both_languages() -> None:
    """It is kept for whoever comes, so it says everything twice."""
    english, chinese = (ROOT / "templates" / "offline.html").read_text().split('lang="zh-Hans"')

    for tag in ("h2", "p", "a"):
        said = re.findall(rf"<{tag}\b[^>]*>([^<]+)</{tag}>", chinese)
        assert said
        assert not any(text.isascii() for text in said)
    assert english.count("<p>") >= chinese.count("<p>")


# --- The code ----------------------------------------------------------------------------------


def called(node: ast.AST) -> str:
    """The bare name of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


def texts_in_code(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if called(node) in GETTEXT and isinstance(node.func, ast.Name):
            (text,) = node.args
            assert isinstance(text, ast.Constant), ast.unparse(node)
            yield text.value


def texts_in_template(path: Path) -> Iterator[str]:
    source = templatize(path.read_text(), origin=str(path))
    for literal in re.findall(r"gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)", source):
        yield ast.literal_eval(literal)


def test_the_catalogue_holds_what_is_said_and_nothing_else() -> None:
    """After a change: `make texts`, and translate what is new in locale/."""
    said = {text for path in MODULES for text in texts_in_code(ast.parse(path.read_text()))}
    said |= {text for path in TEMPLATES for text in texts_in_template(path)}

    assert "Set a new password" in said  # of a mail
    assert "The file is empty." in said
    assert {text for text, _, _ in PO} == said


def is_bare(node: ast.AST | None, names: dict[str, list[ast.AST]]) -> bool:
    """Whether an expression gives a text that went through no gettext."""
    match node:
        case ast.Constant(value=str() as text):
            return bool(text)
        case ast.JoinedStr(values=values):
            written = [part.value for part in values if isinstance(part, ast.Constant)]
            return any(letter.isalpha() for part in written for letter in part)
        case ast.BinOp(left=left, op=ast.Mod()):
            return is_bare(left, names)
        case ast.BinOp(left=left, right=right):
            return is_bare(left, names) or is_bare(right, names)
        case ast.IfExp(body=body, orelse=orelse):
            return is_bare(body, names) or is_bare(orelse, names)
        case ast.BoolOp(values=values):
            return any(is_bare(value, names) for value in values)
        case ast.List(elts=values) | ast.Tuple(elts=values):
            return any(is_bare(value, names) for value in values)
        case ast.Dict(values=values):
            return any(is_bare(value, names) for value in values)
        case ast.Call(func=ast.Attribute(value=inner, attr="format" | "join")):
            return is_bare(inner, names)
        case ast.Name(id=name):
            return any(is_bare(value, {}) for value in names.get(name, []))
    return False


def assigned(tree: ast.AST) -> dict[str, list[ast.AST]]:
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def bare_sentences(source: str) -> Iterator[str]:
    """The calls that hand a person a text which is English in every language."""
    tree = ast.parse(source)
    names = assigned(tree)
    for node in ast.walk(tree):
        place = SENTENCE_AT.get(called(node))
        if place is not None:
            sentence = node.args[place] if len(node.args) > place else None
            named = [word.value for word in node.keywords if word.arg in {"detail", "message"}]
            if any(is_bare(each, names) for each in [sentence, *named]):
                yield ast.unparse(node)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = ast.unparse(
                node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            )
            if target in {"default_error_messages", "error_messages", "TITLES", "FAILURES"}:
                texts = [each for each in node.value.values if not isinstance(each, ast.Attribute)]
                yield from (ast.unparse(each) for each in texts if is_bare(each, names))


@pytest.mark.parametrize(
    "source",
    [
        'raise Problem("code", "No picture.")',
        'raise Problem("code", f"No {thing}.", 409)',
        'raise UploadError(code="c", detail="No picture.")',
        'raise serializers.ValidationError("No %s." % thing)',
        'raise serializers.ValidationError(["No picture."])',
        'raise NotFound("No {}.".format(thing))',
        'detail = "No picture."\nraise ConflictError("code", detail)',
        'raise Problem("code", _("Fine.") if fine else "Not fine.")',
        'class A:\n    default_error_messages = {"code": "No picture."}',
        'self.message_user(request, f"{count} jobs.", messages.SUCCESS)',
    ],
)
def test_a_text_without_gettext_would_be_found(source: str) -> None:
    assert len(list(bare_sentences(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise Problem("code", _("No picture."))',
        'raise Problem("code", _("Choose %(these)s.") % {"these": ", ".join(x)}, 409)',
        "raise Problem(error.code, error.detail)",
        'self.message_user(request, f"{job}: {problem.detail}", messages.WARNING)',
        "raise NotFound",
    ],
)
def test_a_text_with_gettext_is_fine(source: str) -> None:
    assert list(bare_sentences(source)) == []


NAMES = {"ID", "English", "FER2013", "FER+"}
"""Texts of the admin that are the same in every language."""

OURS = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


def texts_of_model(model: type[Model]) -> Iterator[object]:
    """What it, its fields and their choices are called, and what is said of them."""
    meta = model._meta
    yield from (meta.app_config.verbose_name, meta.verbose_name, meta.verbose_name_plural)
    for field in (*meta.concrete_fields, *meta.local_many_to_many):
        yield from filter(None, (field.verbose_name, field.help_text))
        yield from (label for _, label in field.flatchoices)


def texts_of_admin(page: "admin.ModelAdmin[Model]") -> Iterator[object]:
    """What its columns, fields, groups of fields and actions are called."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True)
    for name in (*page.list_display, *page.get_readonly_fields(request)):
        yield label_for_field(name, page.model, page)
    yield from (name for name, _ in page.fieldsets or () if name)
    yield from (description for _, _, description in page.get_actions(request).values())


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_the_admin_shows_of_a_model_is_chinese(model: type[Model]) -> None:
    with translation.override("zh-hans"):
        texts = [str(text) for text in texts_of_model(model)]
        if admin.site.is_registered(model):
            texts += [str(text) for text in texts_of_admin(admin.site.get_model_admin(model))]

    assert len(texts) > 6
    assert {text for text in texts if text.isascii()} - NAMES == set()


def test_no_sentence_for_a_person_goes_without_gettext() -> None:
    found = {
        str(path.relative_to(ROOT)): bare
        for path in MODULES
        if (bare := list(bare_sentences(path.read_text())))
    }

    assert found == {}


def test_every_stored_failure_is_known_by_its_code() -> None:
    """A worker stores English; its code is what says it to others."""
    codes = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if called(node) == "RecognitionError":
                codes.add(ast.literal_eval(node.args[0]))
            if called(node) == "job_fail":
                given = {word.arg: word.value for word in node.keywords}["code"]
                codes |= {given.value} if isinstance(given, ast.Constant) else set()

    assert {"picture_missing", "worker_lost", "consent_withdrawn"} <= codes
    assert codes - FAILURES.keys() == set()
