from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mlcore.labels import EXPRESSIONS
from records.names import (
    NAME_MAX_LENGTH,
    NOTE_MAX_LENGTH,
    TAG_MAX_LENGTH,
    TAGS_MAX,
    clean_name,
    clean_note,
    clean_tag,
    folded,
)

MARK_MAX_LENGTH = 80


class NameField(serializers.CharField):
    """A record's name: one line of at most 120 characters, no control characters."""

    default_error_messages = {
        "name_too_long": _("The name is longer than {limit} characters."),
        "name_has_control_characters": _("The name holds characters that cannot be shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = []  # clean_name says what is wrong, with codes of ours

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        name, code = clean_name(text)
        if code:
            self.fail(code, limit=NAME_MAX_LENGTH)
        return name


class NoteField(serializers.CharField):
    """A record's note: several lines of at most 2,000 characters in all, no control characters."""

    default_error_messages = {
        "note_too_long": _("The note is longer than {limit} characters."),
        "note_has_control_characters": _("The note holds characters that cannot be shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)
        self.validators = []  # clean_note says what is wrong, with codes of ours

    def to_internal_value(self, data: Any) -> str:
        note, code = clean_note(super().to_internal_value(data))
        if code:
            self.fail(code, limit=NOTE_MAX_LENGTH)
        return note


class MarkField(serializers.CharField):
    """What a person calls a moment: one line of at most 80 characters; may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MARK_MAX_LENGTH, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        label, code = clean_name(super().to_internal_value(data))
        if code:
            raise serializers.ValidationError(
                _("The label holds characters that cannot be shown."), code="invalid"
            )
        return label


class SegmentNameField(MarkField):
    """What a person calls a stretch of time: as `MarkField`, and not empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_blank = False


class TrackNameField(MarkField):
    """What a person calls a track; "" takes the name away."""


class TagsField(serializers.ListField):
    """A record's tags by name; of two that differ in case alone the first is taken."""

    child = serializers.CharField(trim_whitespace=False)
    default_error_messages = {
        "too_many_tags": _("A record takes {limit} tags at most."),
        "tag_too_long": _("A tag is longer than {limit} characters."),
        "tag_has_control_characters": _("A tag holds characters that cannot be shown."),
        "blank": _("A tag is empty."),
    }

    def to_internal_value(self, data: Any) -> list[str]:
        tags: dict[str, str] = {}
        for text in super().to_internal_value(data):
            tag, code = clean_tag(text)
            if code:
                self.fail(code, limit=TAG_MAX_LENGTH)
            tags.setdefault(folded(tag), tag)
        if len(tags) > TAGS_MAX:
            self.fail("too_many_tags", limit=TAGS_MAX)
        return list(tags.values())

    def to_representation(self, tags: Any) -> list[str]:
        return [tag.name for tag in tags.all()]


@extend_schema_field(serializers.ChoiceField(choices=EXPRESSIONS))
class ExpressionField(serializers.CharField):
    """One of the seven expressions."""

    default_error_messages = {
        "unknown_expression": _("There is no such expression; choose {choices}.")
    }

    def to_internal_value(self, data: Any) -> str:
        expression = super().to_internal_value(data)
        if expression not in EXPRESSIONS:
            self.fail("unknown_expression", choices=", ".join(EXPRESSIONS))
        return expression
