"""What a person's records show in sum, counted by the database."""

from collections.abc import Iterable
from datetime import date, tzinfo
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Case, CharField, F, QuerySet, When
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from mlcore.labels import EXPRESSIONS
from records.models import Record

SHOWN = Case(
    When(faces__corrected_expression="", then=F("faces__expression")),
    default=F("faces__corrected_expression"),
    output_field=CharField(),
)
"""What a face counts as: what a person says it shows, or else the machine's answer."""

# All in one go over the faces, which are many: to find them takes longer than to count them.
TALLY = """
WITH counted AS ({faces})
SELECT 'day', CAST(day AS text), shown, count(*), 0, 0 FROM counted GROUP BY day, shown
UNION ALL
SELECT 'hour', CAST(hour AS text), shown, count(*), 0, 0 FROM counted GROUP BY hour, shown
UNION ALL
SELECT 'weekday', CAST(weekday AS text), shown, count(*), 0, 0 FROM counted GROUP BY weekday, shown
UNION ALL
SELECT 'answer', machine, person, count(*), sum(CASE WHEN uncertain_face THEN 1 ELSE 0 END),
    sum(confidence) FROM counted GROUP BY machine, person
"""


class Count(NamedTuple):
    """Faces that agree in two things.

    Attributes:
        kind, key: a `day` as 2026-11-20, an `hour`, a `weekday` from 1; of an `answer` the
            machine's.
        shown: what they count as; of an `answer` what a person says, or "".
        uncertain, probability: how many, and the sum, of an `answer`.
    """

    kind: str
    key: str
    shown: str
    faces: int
    uncertain: int
    probability: float


def records_statistics(*, records: QuerySet[Record], zone: tzinfo) -> dict[str, Any]:
    """Shares of expressions over faces, over days, hours and weekdays; corrections and answers.

    Args:
        records: those to count; see `records.selectors.records_selected`.
        zone: whose days and hours they are.

    Returns:
        What `records.api.reports.StatisticsSerializer` describes. Faces without a record that
        is done do not exist, so no state needs a look.
    """
    counts = _counts(records, zone)
    answers = counts["answer"]
    total = sum(count.faces for count in answers)
    return {
        "records": records.order_by().count(),
        "faces": total,
        "uncertain": sum(count.uncertain for count in answers),
        "mean_probability": _mean(answers),
        "expressions": _expressions(answers, total),
        "days": _days(counts["day"]),
        "hours": _slots(counts["hour"], "hour", range(24)),
        "weekdays": _slots(counts["weekday"], "weekday", range(1, 8)),
        "corrections": _corrections(answers),
    }


def _counts(records: QuerySet[Record], zone: tzinfo) -> dict[str, list[Count]]:
    columns = {
        "day": TruncDate("created_at", tzinfo=zone),
        "hour": ExtractHour("created_at", tzinfo=zone),
        "weekday": ExtractIsoWeekDay("created_at", tzinfo=zone),
        "shown": SHOWN,
        "machine": F("faces__expression"),
        "person": F("faces__corrected_expression"),
        "uncertain_face": F("faces__uncertain"),
        "confidence": F("faces__probability"),
    }
    # Not `faces__isnull=False`: that looks at the faces' ids, which are not in their index.
    faces = records.order_by().filter(faces__expression__gt="").values(**columns)
    connection = connections[records.db]
    sql, parameters = faces.query.get_compiler(connection=connection).as_sql()
    counts: dict[str, list[Count]] = {"day": [], "hour": [], "weekday": [], "answer": []}
    with connection.cursor() as cursor:
        cursor.execute(TALLY.format(faces=sql), parameters)
        for row in cursor.fetchall():
            counts[row[0]].append(Count(*row))
    return counts


def _mean(counts: Iterable[Count]) -> float | None:
    faces = probability = 0.0
    for count in counts:
        faces += count.faces
        probability += count.probability
    return probability / faces if faces else None


def _expressions(answers: list[Count], total: int) -> list[dict[str, Any]]:
    faces = dict.fromkeys(EXPRESSIONS, 0)
    for count in answers:
        faces[count.shown or count.key] += count.faces
    return [
        {
            "expression": name,
            "faces": faces[name],
            "share": faces[name] / total if total else 0.0,
            # Of the machine's own answers: a corrected face's probability is not of what it
            # counts as.
            "mean_probability": _mean(count for count in answers if count.key == name),
        }
        for name in EXPRESSIONS
    ]


def _days(counts: list[Count]) -> list[dict[str, Any]]:
    """A row for each day with a face, the earliest first."""
    days: dict[str, dict[str, int]] = {}
    for count in counts:
        day = days.setdefault(count.key, dict.fromkeys(EXPRESSIONS, 0))
        day[count.shown] = count.faces
    return [
        {"date": date.fromisoformat(day), "faces": sum(shown.values()), "counts": shown}
        for day, shown in sorted(days.items())
    ]


def _slots(counts: list[Count], name: str, all_slots: range) -> list[dict[str, Any]]:
    """A row for each hour or weekday, those without a face too."""
    slots = {number: dict.fromkeys(EXPRESSIONS, 0) for number in all_slots}
    for count in counts:
        slots[int(count.key)][count.shown] = count.faces
    return [
        {name: number, "faces": sum(shown.values()), "counts": shown}
        for number, shown in slots.items()
    ]


def _corrections(answers: list[Count]) -> dict[str, Any]:
    """How often a person agreed with the machine, and what they said instead."""
    matrix = {machine: dict.fromkeys(EXPRESSIONS, 0) for machine in EXPRESSIONS}
    for count in answers:
        if count.shown:
            matrix[count.key][count.shown] = count.faces
    return {
        "corrected": sum(sum(said.values()) for said in matrix.values()),
        "agreeing": sum(matrix[name][name] for name in EXPRESSIONS),
        "matrix": matrix,
    }
