"""Reads that are more than a queryset call."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from django.db.models import Count, Prefetch, Q, QuerySet
from django_filters.utils import translate_validation
from numpy.typing import NDArray

from accounts.models import User
from records.filters import RecordFilter
from records.models import Face, Record, Tag, Timeline
from records.segments import segment_statistics
from records.services import timeline_read
from records.timelines import Samples
from records.tracks import CONSTANTS, REACH, merged, shown, smooth


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
    *,
    timeline: Timeline,
    start: float,
    end: float,
    track: int | None,
    most: int,
    smoothing: str | None = None,
) -> tuple[Samples, bool]:
    """Samples between two times, both included, and whether some were left out.

    Merged tracks have the number that is shown; hidden ones are among them.

    Args:
        track: of this face alone; None for all.
        most: that are wanted; more are thinned out evenly.
        smoothing: another than the timeline's own.
    """
    smoothing = smoothing or timeline.smoothing
    reach = REACH * CONSTANTS[smoothing]
    blocks = timeline.blocks.filter(start__lte=end + reach, end__gte=start - reach)
    found = Samples.joined(
        [Samples.from_bytes(block.data, block.count) for block in blocks.order_by("index")]
    )
    found = merged(found.take(_within(found, start - reach, end + reach)), timeline.edits)
    found = smooth(found.in_order() if reach else found, smoothing)
    chosen = _within(found, start, end)
    if track is not None:
        chosen &= found.tracks == track
    found = found.take(chosen)
    return found.thinned(most), len(found) > most


def timeline_shown(timeline: Timeline) -> Samples:
    """All samples as they are shown: merged, smoothed, without hidden tracks; in order."""
    whole = merged(timeline_read(timeline=timeline), timeline.edits).in_order()
    return shown(smooth(whole, timeline.smoothing), timeline.edits)


def timeline_shown_blocks(timeline: Timeline) -> Iterator[Samples]:
    """The same in blocks; where nothing is smoothed, one of them is in memory at a time."""
    if CONSTANTS[timeline.smoothing]:
        yield from timeline_shown(timeline).blocks()
        return
    for block in timeline.blocks.order_by("index").iterator(chunk_size=4):
        samples = Samples.from_bytes(block.data, block.count)
        yield shown(merged(samples, timeline.edits), timeline.edits)


def timeline_statistics(timeline: Timeline) -> list[dict[str, Any]]:
    """Sums of the whole timeline and of its segments, see `records.segments`."""
    return list(
        segment_statistics(
            timeline_shown(timeline),
            timeline.segments,
            duration=timeline.duration,
            frame_rate=timeline.frame_rate,
        )
    )


def _within(samples: Samples, start: float, end: float) -> NDArray[np.bool_]:
    return (samples.times >= start) & (samples.times <= end)


def tags_in_use(user: User) -> QuerySet[Tag]:
    """A person's tags with the number of records that have it, `record_count`; none unused."""
    there = Count("records", filter=Q(records__deleted_at__isnull=True))
    tags: QuerySet[Tag] = Tag.objects.visible_to(user)
    return tags.annotate(record_count=there).filter(record_count__gt=0)
