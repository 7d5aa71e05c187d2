"""What the documents promise is what the code does."""

import re
from pathlib import Path

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from tests.stack import ROOT

OPENAPI = ROOT / "docs" / "openapi.yml"
CODE = [
    path
    for room in ("recognition", "records", "accounts", "ferproject", "mlcore")
    for path in (ROOT / room).rglob("*.py")
    if "tests" not in path.relative_to(ROOT).parts
]


def test_every_setting_is_described() -> None:
    settings = (ROOT / "ferproject" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    described = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operators.md").read_text(), re.M)
    )

    assert len(read) > 20
    assert read == described


def test_every_problem_code_is_described() -> None:
    raised = {
        code
        for path in CODE
        for code in re.findall(
            r'(?:Problem|UploadError|RecognitionError|PictureError|problem_json)\(\s*"(\w+)"|code="(\w+)"',
            path.read_text(),
        )
        for code in code
        if code
    }
    described = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "api.md").read_text()))

    assert len(raised) > 12
    assert raised - described - {"unreadable_file"} == set()  # a command's, not the API's


def test_the_checked_in_schema_is_the_apis() -> None:
    """After a change that is meant: `manage.py spectacular --file docs/openapi.yml`."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    current = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()

    assert yaml.safe_load(OPENAPI.read_text()) == yaml.safe_load(current)


@pytest.mark.parametrize(
    "document",
    sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")),
    ids=lambda path: path.name,
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_documents_name_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        target for path in documents for target in re.findall(r"`make ([a-z-]+)", path.read_text())
    }

    assert "serve" in named
    assert named - targets == set()
