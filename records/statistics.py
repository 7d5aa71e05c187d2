"""What a person's records show in sum, counted by the database."""

from collections.abc import Iterable
from datetime import date, tzinfo
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet
from django.db.models.functions import ExtractHour, TruncDate

from mlcore.labels import EXPRESSIONS
from records.models import Record

# All in one go over the faces, which are many: to find them takes longer than to count them. The
# records come in the order of their ids, as the faces do in the index that holds what is counted;
# in any other order each costs twice as much.
TALLY = """
WITH chosen AS ({records}), counted AS (
    SELECT chosen.day, chosen.hour, face.expression AS machine,
        face.corrected_expression AS person, face.uncertain, face.probability
    FROM chosen JOIN records_face AS face ON face.record_id = chosen.id
)
SELECT 'day', CAST(day AS text), machine, person, count(*), 0, 0
    FROM counted GROUP BY day, machine, person
UNION ALL
SELECT 'hour', CAST(hour AS text), machine, person, count(*),
    sum(CASE WHEN uncertain THEN 1 ELSE 0 END), sum(probability)
    FROM counted GROUP BY hour, machine, person
"""


class Count(NamedTuple):
    """Faces of a day, or of an hour of all days, that agree in what they show.

    Attributes:
        slot: a `day` as 2026-11-20, or an `hour`.
        machine, person: the machine's answer, and what a person says instead, or "".
        uncertain, probability: how many, and the sum, of an `hour`.
    """

    kind: str
    slot: str
    machine: str
    person: str
    faces: int
    uncertain: int
    probability: float

    @property
    def shown(self) -> str:
        """What they count as: what a person says they show, or else the machine's answer."""
        return self.person or self.machine


def records_statistics(*, records: QuerySet[Record], zone: tzinfo) -> dict[str, Any]:
    """Shares of expressions over faces, over days, hours and weekdays; corrections and answers.

    Args:
        records: those to count; see `records.selectors.records_selected`.
        zone: whose days and hours they are.

    Returns:
        What `records.api.reports.StatisticsSerializer` describes. Faces without a record that
        is done do not exist, so no state needs a look.
    """
    days, hours = _counts(records, zone)
    by_weekday = ((date.fromisoformat(count.slot).isoweekday(), count) for count in days)
    total = sum(count.faces for count in hours)
    return {
        "records": records.order_by().count(),
        "faces": total,
        "uncertain": sum(count.uncertain for count in hours),
        "mean_probability": _mean(hours),
        "expressions": _expressions(hours, total),
        "days": _days(days),
        "hours": _slots(((int(count.slot), count) for count in hours), "hour", range(24)),
        "weekdays": _slots(by_weekday, "weekday", range(1, 8)),
        "corrections": _corrections(hours),
    }


def _counts(records: QuerySet[Record], zone: tzinfo) -> tuple[list[Count], list[Count]]:
    """The same faces by day, and by hour."""
    chosen = records.order_by("id").values(
        "id",
        day=TruncDate("created_at", tzinfo=zone),
        hour=ExtractHour("created_at", tzinfo=zone),
    )
    connection = connections[records.db]
    # A selection of which it is known that nothing fits, as of a tag that is nobody's, is asked for
    # all the same: its query says that nothing fits.
    compiler = chosen.query.get_compiler(connection=connection, elide_empty=False)
    sql, parameters = compiler.as_sql()
    with connection.cursor() as cursor:
        cursor.execute(TALLY.format(records=sql), parameters)
        counts = [Count(*row) for row in cursor.fetchall()]
    return (
        [count for count in counts if count.kind == "day"],
        [count for count in counts if count.kind == "hour"],
    )


def _mean(counts: Iterable[Count]) -> float | None:
    faces = probability = 0.0
    for count in counts:
        faces += count.faces
        probability += count.probability
    return probability / faces if faces else None


def _expressions(counts: list[Count], total: int) -> list[dict[str, Any]]:
    faces = dict.fromkeys(EXPRESSIONS, 0)
    for count in counts:
        faces[count.shown] += count.faces
    return [
        {
            "expression": name,
            "faces": faces[name],
            "share": faces[name] / total if total else 0.0,
            # Of the machine's own answers: a corrected face's probability is not of what it
            # counts as.
            "mean_probability": _mean(count for count in counts if count.machine == name),
        }
        for name in EXPRESSIONS
    ]


def _days(counts: list[Count]) -> list[dict[str, Any]]:
    """A row for each day with a face, the earliest first."""
    days: dict[str, dict[str, int]] = {}
    for count in counts:
        day = days.setdefault(count.slot, dict.fromkeys(EXPRESSIONS, 0))
        day[count.shown] += count.faces
    return [
        {"date": date.fromisoformat(day), "faces": sum(shown.values()), "counts": shown}
        for day, shown in sorted(days.items())
    ]


def _slots(counts: Iterable[tuple[int, Count]], name: str, numbers: range) -> list[dict[str, Any]]:
    """A row for each hour or weekday, those without a face too."""
    slots = {number: dict.fromkeys(EXPRESSIONS, 0) for number in numbers}
    for number, count in counts:
        slots[number][count.shown] += count.faces
    return [
        {name: number, "faces": sum(shown.values()), "counts": shown}
        for number, shown in slots.items()
    ]


def _corrections(counts: list[Count]) -> dict[str, Any]:
    """How often a person agreed with the machine, and what they said instead."""
    matrix = {machine: dict.fromkeys(EXPRESSIONS, 0) for machine in EXPRESSIONS}
    for count in counts:
        if count.person:
            matrix[count.machine][count.person] += count.faces
    return {
        "corrected": sum(sum(said.values()) for said in matrix.values()),
        "agreeing": sum(matrix[name][name] for name in EXPRESSIONS),
        "matrix": matrix,
    }
