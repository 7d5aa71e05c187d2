"""What a person's records show in sum, counted by the database."""

from datetime import date, tzinfo
from typing import Any

from django.db.models import Avg, Case, CharField, Count, F, Q, QuerySet, When
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from mlcore.labels import EXPRESSIONS
from records.models import Face, Record

SHOWN = Case(
    When(corrected_expression="", then=F("expression")),
    default=F("corrected_expression"),
    output_field=CharField(),
)
"""What a face counts as: what a person says it shows, or else the machine's answer."""


def records_statistics(*, records: QuerySet[Record], zone: tzinfo) -> dict[str, Any]:
    """Shares of expressions over faces, over days, hours and weekdays; corrections and answers.

    Args:
        records: those to count; see `records.selectors.records_selected`.
        zone: whose days and hours they are.

    Returns:
        What `records.api.statistics.StatisticsSerializer` describes. Faces without a record that
        is done do not exist, so no state needs a look.
    """
    # Ordering would join the groups' keys, and a selection by tags may name a record twice.
    chosen = records.order_by().values("pk")
    faces = Face.objects.filter(record__in=chosen)
    totals = faces.order_by().aggregate(
        faces=Count("pk"), uncertain=Count("pk", filter=Q(uncertain=True)), mean=Avg("probability")
    )
    return {
        "records": chosen.distinct().count(),
        "faces": totals["faces"],
        "uncertain": totals["uncertain"],
        "mean_probability": totals["mean"],
        "expressions": _expressions(faces, totals["faces"]),
        "days": _days(faces, zone),
        "hours": _slots(faces, "hour", ExtractHour("record__created_at", tzinfo=zone), range(24)),
        "weekdays": _slots(
            faces, "weekday", ExtractIsoWeekDay("record__created_at", tzinfo=zone), range(1, 8)
        ),
        "corrections": _corrections(faces),
    }


def _expressions(faces: QuerySet[Face], total: int) -> list[dict[str, Any]]:
    rows = faces.order_by().annotate(shown=SHOWN).values("shown").annotate(count=Count("pk"))
    counts = {row["shown"]: row["count"] for row in rows}
    # The mean is of the machine's own answers: a corrected face's probability is not of what it
    # counts as.
    answers = faces.order_by().values("expression").annotate(mean=Avg("probability"))
    means = {row["expression"]: row["mean"] for row in answers}
    return [
        {
            "expression": name,
            "faces": counts.get(name, 0),
            "share": counts.get(name, 0) / total if total else 0.0,
            "mean_probability": means.get(name),
        }
        for name in EXPRESSIONS
    ]


def _days(faces: QuerySet[Face], zone: tzinfo) -> list[dict[str, Any]]:
    """A row for each day with a face, the earliest first."""
    rows = (
        faces.annotate(day=TruncDate("record__created_at", tzinfo=zone), shown=SHOWN)
        .order_by("day")
        .values("day", "shown")
        .annotate(count=Count("pk"))
    )
    days: dict[date, dict[str, int]] = {}
    for row in rows:
        counts = days.setdefault(row["day"], dict.fromkeys(EXPRESSIONS, 0))
        counts[row["shown"]] += row["count"]
    return [
        {"date": day, "faces": sum(counts.values()), "counts": counts}
        for day, counts in days.items()
    ]


def _slots(faces: QuerySet[Face], name: str, slot: Any, all_slots: range) -> list[dict[str, Any]]:
    """A row for each hour or weekday, those without a face too."""
    rows = (
        faces.annotate(slot=slot, shown=SHOWN)
        .order_by()
        .values("slot", "shown")
        .annotate(count=Count("pk"))
    )
    slots = {number: dict.fromkeys(EXPRESSIONS, 0) for number in all_slots}
    for row in rows:
        slots[row["slot"]][row["shown"]] += row["count"]
    return [
        {name: number, "faces": sum(counts.values()), "counts": counts}
        for number, counts in slots.items()
    ]


def _corrections(faces: QuerySet[Face]) -> dict[str, Any]:
    """How often a person agreed with the machine, and what they said instead."""
    rows = (
        faces.exclude(corrected_expression="")
        .order_by()
        .values("expression", "corrected_expression")
        .annotate(count=Count("pk"))
    )
    matrix = {machine: dict.fromkeys(EXPRESSIONS, 0) for machine in EXPRESSIONS}
    for row in rows:
        matrix[row["expression"]][row["corrected_expression"]] = row["count"]
    return {
        "corrected": sum(sum(counts.values()) for counts in matrix.values()),
        "agreeing": sum(matrix[name][name] for name in EXPRESSIONS),
        "matrix": matrix,
    }
