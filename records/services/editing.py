"""A person's own words about a record: name, note, tags."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from accounts.models import User
from records.models import Record, Tag
from records.names import folded, searchable


class EditConflict(Exception):  # noqa: N818  (it is what happened, and nobody's error)
    """Somebody else's edit, or one's own in another window, came first; nothing was changed."""


def record_edit(
    *,
    record: Record,
    name: str | None = None,
    note: str | None = None,
    tags: Sequence[str] | None = None,
    revision: int | None = None,
) -> Record:
    """Change what is given; the record's revision grows if that is anything new.

    Args:
        name, note, tags: clean, see `records.names`. Tags replace those that were there.
        revision: the one that the editor saw; None to change the record whatever it has become.

    Raises:
        EditConflict: the record is no longer of that revision.
        Record.DoesNotExist: it was deleted for good.
    """
    with transaction.atomic():
        # Of two edits at once the second waits here, and then sees what the first has written.
        rows = Record.objects.select_for_update(of=("self",)).select_related("media")
        locked: Record = rows.get(pk=record.pk)
        if revision not in {None, locked.revision}:
            raise EditConflict
        before = (locked.name, locked.note)
        locked.name = locked.name if name is None else name
        locked.note = locked.note if note is None else note
        edited = (locked.name, locked.note) != before
        if tags is not None:
            edited |= record_set_tags(locked, tags)
        if edited:
            locked.search_text = searchable(locked.name, locked.note, locked.media.file_name)
            locked.revision += 1
            locked.save(update_fields=["name", "note", "search_text", "revision"])
    return locked


def unused_tags_delete(*, owners: Iterable[int] | None = None) -> int:
    """Delete tags that no record has, of these people or of everyone; returns how many."""
    tags = Tag.objects.filter(records=None)
    people = set(owners) if owners is not None else set(tags.values_list("owner", flat=True))
    deleted = 0
    for person in people:
        with transaction.atomic():
            _lock(person)
            deleted += tags.filter(owner=person).delete()[0]
    return deleted


def record_set_tags(record: Record, names: Sequence[str]) -> bool:
    """Give a record these tags; False if it has them already. Call inside a transaction."""
    wanted = {folded(name): name for name in names}
    _lock(record.owner_id)
    before = set(record.tags.all())
    known = Tag.objects.filter(owner=record.owner_id, folded__in=wanted)
    after = set(_with_new(record.owner_id, known, wanted))
    record.tags.set(after)
    gone = [tag.pk for tag in before - after]
    Tag.objects.filter(pk__in=gone, records=None).delete()
    return before != after


def tags_of_new_records(given: Sequence[tuple[Record, Sequence[str]]]) -> None:
    """Give many new records of one person their tags. Call inside a transaction.

    However many records there are, few statements are made.
    """
    wanted: dict[str, str] = {}
    for _, names in given:
        for name in names:
            wanted.setdefault(folded(name), name)
    if not wanted:
        return
    owner = given[0][0].owner_id
    _lock(owner)
    # All that the person has: there may be more new names than a query takes.
    tags = {tag.folded: tag for tag in _with_new(owner, Tag.objects.filter(owner=owner), wanted)}
    through = Record.tags.through
    through.objects.bulk_create(
        through(record_id=record.pk, tag_id=tags[folded(name)].pk)
        for record, names in given
        for name in names
    )


def _with_new(owner: int, known: Iterable[Tag], wanted: Mapping[str, str]) -> list[Tag]:
    """The known tags, and those that are wanted beside them, which are made.

    Args:
        wanted: names by their folded form.
    """
    tags = list(known)
    have = {tag.folded for tag in tags}
    new = [
        Tag(owner_id=owner, name=name, folded=key)
        for key, name in wanted.items()
        if key not in have
    ]
    Tag.objects.bulk_create(new)
    return [*tags, *new]


def _lock(owner: int) -> None:
    """One person's tags are written by one at a time: what is unused now might be taken up."""
    User.objects.select_for_update(no_key=True).filter(pk=owner).first()
