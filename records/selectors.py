"""Reads that are more than a queryset call."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django_filters.utils import translate_validation

from accounts.models import User
from records.filters import RecordFilter
from records.models import Face, Record, Tag, Timeline
from records.timelines import Samples


def records_selected(user: User, params: Mapping[str, Any]) -> QuerySet[Record]:
    """A person's records that fit all filters, in the order that was asked for.

    Args:
        params: a request's `query_params`; what is no filter of `RecordFilter` is not looked at.

    Raises:
        ValidationError: DRF's, with a code for each value that cannot be understood.
    """
    selection = RecordFilter(params, queryset=Record.objects.visible_to(user), user=user)
    if not selection.is_valid():
        raise translate_validation(selection.errors)
    selected: QuerySet[Record] = selection.qs
    return selected


def records_whole(user: User) -> QuerySet[Record]:
    """A person's records with all that a page about one of them shows."""
    # Explanations are large, and asked for one by one.
    faces = Face.objects.defer("explanation").select_related("corrected_by")
    records: QuerySet[Record] = Record.objects.visible_to(user)
    return records.select_related("media", "timeline").prefetch_related(
        Prefetch("faces", faces), "tags"
    )


def timeline_samples(
    *, timeline: Timeline, start: float, end: float, track: int | None, most: int
) -> tuple[Samples, bool]:
    """Samples between two times, both included, and whether some were left out.

    Args:
        track: of this face alone; None for all.
        most: that are wanted; more are thinned out evenly.
    """
    blocks = timeline.blocks.filter(start__lte=end, end__gte=start).order_by("index")
    found = Samples.joined([Samples.from_bytes(block.data, block.count) for block in blocks])
    chosen = (found.times >= start) & (found.times <= end)
    if track is not None:
        chosen &= found.tracks == track
    found = found.take(chosen)
    return found.thinned(most), len(found) > most


def tags_in_use(user: User) -> QuerySet[Tag]:
    """A person's tags with the number of records that have it, `record_count`; none unused."""
    there = Count("records", filter=Q(records__deleted_at__isnull=True))
    tags: QuerySet[Tag] = Tag.objects.visible_to(user)
    return tags.annotate(record_count=there).filter(record_count__gt=0)
