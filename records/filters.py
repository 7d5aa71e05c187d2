"""Which of a person's records: the filters of the list, of its statistics and its exports.

Whatever cannot be understood is an error with a code; nothing is left out silently, for somebody
may export or delete what comes out.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field

from accounts.models import User
from mlcore.labels import EXPRESSIONS
from records.models import Media, Record, Tag
from records.names import TAGS_MAX, folded
from records.ordering import NEWEST_FIRST, ORDERS
from records.search import search_words

SEARCH_MAX_LENGTH = 200
EMPTY: tuple[Any, ...] = (None, "", [])
YEARS = range(1900, 2201)
"""Beyond them, zones and databases disagree about what a time is."""


class OneOfField(forms.CharField):
    """One of some words, or nothing."""

    def __init__(self, *, words: Iterable[str], code: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.code = list(words), code

    def clean(self, value: Any) -> str:
        return _known(super().clean(value), self.words, self.code)


class TruthField(OneOfField):
    """`true` or `false`; None for nothing. Django's own takes whatever else for nothing, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=("true", "false"), code="invalid", **kwargs)

    def clean(self, value: Any) -> Any:
        return {"true": True, "false": False}.get(super().clean(value))


class SeveralField(forms.Field):
    """A parameter that may be repeated, of any words or of those given."""

    widget = forms.SelectMultiple

    def __init__(
        self, *, words: Iterable[str] | None = None, code: str = "invalid", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.words, self.code = None if words is None else list(words), code

    def clean(self, value: Any) -> list[str]:
        values = [value] if isinstance(value, str) else list(value or [])
        if any("\0" in each for each in values):
            raise ValidationError(
                _("Null characters are not allowed."), code="null_characters_not_allowed"
            )
        values = sorted({each for each in values if each})
        return (
            values
            if self.words is None
            else [_known(each, self.words, self.code) for each in values]
        )


class WhenField(forms.CharField):
    """A day or a time in ISO 8601; a `date`, a `datetime` with or without a zone, or None."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            when = parse_date(text) or parse_datetime(text)
        except ValueError:
            when = None
        if when is None or when.year not in YEARS:
            raise ValidationError(
                _("Give a day as 2026-11-20 or a time as 2026-11-20T18:30:00+01:00."),
                code="invalid_date",
            )
        return when


class ZoneField(forms.CharField):
    def clean(self, value: Any) -> tzinfo:
        name = super().clean(value)
        try:
            return ZoneInfo(name) if name else timezone.get_current_timezone()
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError(
                _("There is no such time zone; give one as Europe/Berlin."),
                code="unknown_time_zone",
            ) from error


class SelectionForm(forms.Form):
    """What concerns several parameters."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        zone = data.get("tz")
        if zone is not None:
            since = data["created_from"] = _moment(data.get("created_from"), zone, 0)
            until = data["created_to"] = _moment(data.get("created_to"), zone, 1)
            if since and until and since >= until:
                self._reversed("created_from")
        lowest, highest = data.get("probability_min"), data.get("probability_max")
        if lowest is not None and highest is not None and lowest > highest:
            self._reversed("probability_min")
        return data

    def _reversed(self, field: str) -> None:
        error = ValidationError(_("The beginning lies after the end."), code="range_reversed")
        self.add_error(field, error)


class WordsFilter(django_filters.Filter):
    field_class = SeveralField

    def filter(self, qs: QuerySet[Record], value: list[str]) -> QuerySet[Record]:
        if not value:
            return qs
        # `=` and not `IN` for one, which an index serves in order.
        lookup = (
            {self.field_name: value[0]} if len(value) == 1 else {f"{self.field_name}__in": value}
        )
        return qs.filter(**lookup)


class TruthFilter(django_filters.Filter):
    field_class = TruthField


class OneOfFilter(django_filters.Filter):
    field_class = OneOfField


class WhenFilter(django_filters.Filter):
    field_class = WhenField


class ZoneFilter(django_filters.Filter):
    """Says how others are to be read."""

    field_class = ZoneField

    def filter(self, qs: QuerySet[Record], value: tzinfo) -> QuerySet[Record]:
        return qs


def several(field: str, words: Iterable[str] | None, code: str, help_text: str) -> Any:
    given = {} if words is None else {"words": list(words), "code": code}
    made = WordsFilter(field_name=field, help_text=help_text, **given)
    return documented(made, {"type": "array", "items": one_of(words)}, help_text)


def one_of(words: Iterable[str] | None) -> dict[str, Any]:
    return {"type": "string"} if words is None else {"type": "string", "enum": list(words)}


def documented(made: Any, schema: dict[str, Any], help_text: str) -> Any:
    return extend_schema_field({**schema, "description": help_text})(made)


def probability(lookup: str, help_text: str) -> django_filters.NumberFilter:
    made = django_filters.NumberFilter(
        field_name="probability", lookup_expr=lookup, min_value=0, max_value=1
    )
    return documented(made, {"type": "number", "minimum": 0, "maximum": 1}, help_text)


STATES = Record.State.values
KINDS = Media.Kind.values
A_DAY_OR_TIME = "a day or a time in ISO 8601, without a zone in that of `tz`"


class RecordFilter(django_filters.FilterSet):
    """All that is given must be true of a record.

    Args:
        user: whose records they are.
    """

    search = documented(
        django_filters.CharFilter(method="filter_search", max_length=SEARCH_MAX_LENGTH),
        {"type": "string", "maxLength": SEARCH_MAX_LENGTH},
        "each of its words must occur in name, note or file name; case does not matter",
    )
    expression = several(
        "expression", EXPRESSIONS, "unknown_expression", "as recognised: any of these"
    )
    corrected_expression = several(
        "corrected_expression", EXPRESSIONS, "unknown_expression", "as corrected: any of these"
    )
    corrected = documented(
        TruthFilter(method="filter_corrected"), {"type": "boolean"}, "a face of it was corrected"
    )
    probability_min = probability("gte", "of `expression`")
    probability_max = probability("lte", "of `expression`")
    created_from = documented(
        WhenFilter(field_name="created_at", lookup_expr="gte"), {"type": "string"}, A_DAY_OR_TIME
    )
    created_to = documented(
        WhenFilter(field_name="created_at", lookup_expr="lt"),
        {"type": "string"},
        f"{A_DAY_OR_TIME}; a day with all its hours, before a time",
    )
    tz = documented(ZoneFilter(), {"type": "string"}, "a time zone as Europe/Berlin")
    kind = several("kind", KINDS, "unknown_kind", "any of these")
    tag = documented(
        WordsFilter(method="filter_tags"),
        {"type": "array", "items": {"type": "string"}},
        "all of these; case does not matter",
    )
    model_version = several("model_version", None, "", "any of these")
    uncertain = documented(
        TruthFilter(field_name="uncertain"), {"type": "boolean"}, "whether its expression is"
    )
    faces = documented(
        OneOfFilter(method="filter_faces", words=("none", "some"), code="unknown_value"),
        one_of(("none", "some")),
        "whether any was found; leaves out what is not recognised yet",
    )
    state = several("state", STATES, "unknown_state", "any of these")
    ordering = documented(
        OneOfFilter(method="filter_ordering", words=ORDERS, code="unknown_ordering"),
        {**one_of(ORDERS), "default": NEWEST_FIRST.name},
        "the order of the list",
    )

    class Meta:
        form = SelectionForm
        model = Record
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    @property
    def filters_anything(self) -> bool:
        """Whether a record may be left out."""
        values = self.form.cleaned_data.items()
        return any(name not in {"ordering", "tz"} and value not in EMPTY for name, value in values)

    def filter_search(self, rows: QuerySet[Record], name: str, value: str) -> QuerySet[Record]:
        for word in search_words(value):
            rows = rows.filter(search_text__contains=word)
        return rows

    def filter_corrected(self, rows: QuerySet[Record], name: str, value: bool) -> QuerySet[Record]:
        return rows.filter(corrections__gt=0) if value else rows.filter(corrections=0)

    def filter_tags(self, rows: QuerySet[Record], name: str, value: list[str]) -> QuerySet[Record]:
        names = {folded(each.strip()) for each in value}
        # By their ids, of which the database knows how frequent each is.
        tags = Tag.objects.visible_to(self.user).filter(folded__in=names)
        ids = list(tags.values_list("pk", flat=True))
        if len(ids) < len(names) or len(ids) > TAGS_MAX:
            return rows.none()
        for tag in ids:
            rows = rows.filter(tags=tag)
        return rows

    def filter_faces(self, rows: QuerySet[Record], name: str, value: str) -> QuerySet[Record]:
        return rows.filter(face_count=0) if value == "none" else rows.filter(face_count__gt=0)

    def filter_ordering(self, rows: QuerySet[Record], name: str, value: str) -> QuerySet[Record]:
        return ORDERS[value].apply(rows)


def _known(value: str, words: list[str], code: str) -> str:
    if value and value not in words:
        choices = ", ".join(words)
        raise ValidationError(
            _("%(value)s is none of these: %(choices)s."),
            code=code,
            params={"value": value[:60], "choices": choices},
        )
    return value


def _moment(when: date | datetime | None, zone: tzinfo, days: int) -> datetime | None:
    """The time that is meant; of a day its beginning, or that of the day so many `days` later."""
    if when is None:
        return None
    if not isinstance(when, datetime):
        when = datetime.combine(when + timedelta(days=days), time())
    return when if timezone.is_aware(when) else when.replace(tzinfo=zone)
