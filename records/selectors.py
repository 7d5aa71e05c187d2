"""Reads that are more than a queryset call."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from django.db.models import Count, Prefetch, QuerySet
from django_filters.utils import translate_validation
from numpy.typing import NDArray

from accounts.models import User
from ferproject.common.pagination import Selection
from records.filters import RecordFilter
from records.models import Face, Record, Tag, Timeline
from records.search import found_by_words, search_words
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
    selection = records_selection(user, params)
    return selection.walked if selection.found is None else selection.found


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


def records_selection(user: User, params: Mapping[str, Any]) -> Selection[Record]:
    """The same, for a list that is shown page by page; see `records_selected`."""
    everything: QuerySet[Record] = Record.objects.visible_to(user)
    chosen = RecordFilter(params, queryset=everything, user=user)
    if not chosen.is_valid():
        raise translate_validation(chosen.errors)
    walked: QuerySet[Record] = chosen.qs
    if not chosen.filters_anything:
        return Selection(everything, walked, None)
    words = search_words(chosen.form.cleaned_data["search"])
    return Selection(everything, walked, found_by_words(walked, owner=user, words=words))


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


def tags_in_use(user: User) -> list[Tag]:
    """A person's tags with the number of records that have it, `record_count`; none unused."""
    tagged = Record.tags.through.objects.filter(tag__owner=user)
    # What was deleted a moment ago is little: to take it off is faster than to look whether each
    # record is there.
    gone = tagged.filter(record__owner=user, record__deleted_at__isnull=False)
    counts, less = (
        dict(rows.values_list("tag").annotate(count=Count("tag"))) for rows in (tagged, gone)
    )
    tags = []
    for tag in Tag.objects.visible_to(user):
        tag.record_count = counts.get(tag.pk, 0) - less.get(tag.pk, 0)
        if tag.record_count:
            tags.append(tag)
    return tags
