"""Reads that are more than a queryset call."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet
from django_filters.utils import translate_validation

from accounts.models import User
from ferproject.common.pagination import Selection
from records.filters import RecordFilter
from records.models import Record, Tag
from records.search import found_by_words, search_words


def records_selected(user: User, params: Mapping[str, Any]) -> QuerySet[Record]:
    """A person's records that fit all filters, in the order that was asked for.

    Args:
        params: a request's `query_params`; what is no filter of `RecordFilter` is not looked at.

    Raises:
        ValidationError: DRF's, with a code for each value that cannot be understood.
    """
    selection = records_selection(user, params)
    return selection.walked if selection.found is None else selection.found


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
