"""Reads that are more than a queryset call."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django_filters.utils import translate_validation

from accounts.models import User
from records.filters import RecordFilter
from records.models import Record, Tag


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


def tags_in_use(user: User) -> QuerySet[Tag]:
    """A person's tags with the number of records that have it, `record_count`; none unused."""
    there = Count("records", filter=Q(records__deleted_at__isnull=True))
    tags: QuerySet[Tag] = Tag.objects.visible_to(user)
    return tags.annotate(record_count=there).filter(record_count__gt=0)
