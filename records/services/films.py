"""Films: stored as they come, their timelines filled while they are analysed, and edited."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from records.models import Media, Record, Timeline
from records.services.editing import EditConflict
from records.services.storing import (
    files_delete,
    media_files,
    media_forget_pictures,
    record_create,
    record_files,
)
from records.services.timelines import (
    record_summarize_timeline,
    timeline_append,
    timeline_read,
    timeline_write,
)
from records.timelines import Samples
from records.tracks import (
    UnknownTrackError,
    check_merge,
    with_merge,
    without_merge,
)


@dataclass(frozen=True)
class FilmFile:
    """A checked film, a file on this machine.

    Attributes:
        file_name: what the person's file was called, made safe to show.
        path: of the film, freed of its metadata.
        extension, content_type: of it.
        width, height: of the upright film in pixels.
        duration: in seconds.
        frame_rate: frames a second.
        truncated: whether not all of it can be read.
    """

    file_name: str
    path: Path
    extension: str
    content_type: str
    width: int
    height: int
    duration: float
    frame_rate: float
    truncated: bool


def film_prepare(
    *, owner: User, film: FilmFile, consent_at: datetime, purpose: str, keep: str
) -> Media:
    """Store a film's file and return its row, not yet saved; see `media_prepare`.

    Args:
        keep: see `Media`; "" for the owner's own setting.
    """
    media = Media(
        owner=owner,
        kind=Media.Kind.VIDEO,
        file_name=film.file_name,
        content_type=film.content_type,
        size=film.path.stat().st_size,
        width=film.width,
        height=film.height,
        consent_at=consent_at,
        purpose=purpose,
        keep=keep or owner.keep,
        delete_at=owner.delete_at(consent_at),
    )
    try:
        with film.path.open("rb") as content:
            media.original.save(f"original.{film.extension}", File(content), save=False)
    except BaseException:
        files_delete(media_files(media))
        raise
    return media


def film_record_create(*, media: Media, film: FilmFile, name: str) -> Record:
    """Save a film's medium with a record and an empty timeline; call inside a transaction."""
    record = record_create(media=media, name=name)
    Timeline.objects.create(
        owner=media.owner,
        media=media,
        record=record,
        duration=film.duration,
        width=film.width,
        height=film.height,
        frame_rate=film.frame_rate,
        truncated=film.truncated,
    )
    return record


def film_samples_append(
    *, record: Record, samples: Samples, tracks: Sequence[Mapping[str, Any]]
) -> None:
    """Show what is known so far of a film that is analysed for the first time.

    Call inside a transaction that holds the job.

    Args:
        tracks: all so far, as `records.timelines.summarize` gives them.
    """
    timeline = Timeline.objects.get(record=record)
    if timeline.summary is not None:
        return  # analysed again: the old result stays until the new one is whole
    timeline_append(timeline=timeline, samples=samples)
    timeline.sample_count += len(samples)
    timeline.tracks = list(tracks)
    timeline.save(update_fields=["sample_count", "tracks"])


def film_store(
    *,
    record: Record,
    samples: Samples,
    cuts: Sequence[float],
    duration: float,
    truncated: bool,
    detector: str,
    model_name: str,
    model_version: str,
) -> Record:
    """Replace what the record says of its film, and mark it done; storing twice changes nothing.

    Segments stay; names, hiding and merging go with the tracks that they were of, if there were
    others before. What of the film is not to be kept goes in the same transaction.

    Raises:
        Record.DoesNotExist: it was deleted for good.
    """
    with transaction.atomic():
        locked: Record = (
            Record.objects.select_for_update(of=("self",)).select_related("media").get(pk=record.pk)
        )
        timeline = Timeline.objects.get(record=locked)
        timeline_write(timeline=timeline, samples=samples)
        timeline.edits = {}
        timeline.cuts = [round(cut, 3) for cut in cuts]
        timeline.truncated = truncated
        timeline.duration = max(duration, float(samples.times[-1]) if len(samples) else 0.0)
        locked.state = Record.State.DONE
        record_summarize_timeline(record=locked, timeline=timeline, samples=samples)
        timeline.save()
        outdated = media_forget_pictures(media=locked.media)
        locked.detector = detector
        locked.model_name, locked.model_version = model_name, model_version
        locked.error_code = locked.error_detail = ""
        locked.recognized_at = timezone.now()
        locked.revision += 1
        locked.save()
        transaction.on_commit(lambda: files_delete(outdated))
    return locked


def film_thumbnail_store(*, media: Media, thumbnail: bytes) -> None:
    """Give a film its small picture, in place of an earlier one, where one is to be kept."""
    written = ""
    try:
        with transaction.atomic():
            locked = Media.objects.select_for_update().filter(pk=media.pk).first()
            if locked is None or locked.keep == Keep.RESULTS:
                return
            before = locked.thumbnail.name
            name = f"thumbnail-{uuid.uuid4().hex}.webp"
            locked.thumbnail.save(name, ContentFile(thumbnail), save=False)
            written = locked.thumbnail.name or ""
            locked.save(update_fields=["thumbnail"])
            if before:
                transaction.on_commit(lambda: files_delete([before]))
    except BaseException:
        files_delete([written] if written else [])
        raise


def film_making_note(*, record: Record, film: Mapping[str, Any] | None) -> None:
    """Say in the timeline how far the annotated film is."""
    Timeline.objects.filter(record=record).update(film=None if film is None else dict(film))


def film_made_store(*, record: Record, path: Path, film: Mapping[str, Any]) -> None:
    """Keep an annotated film, in place of an earlier one.

    Raises:
        Record.DoesNotExist: the record was deleted for good.
    """
    annotated = Record(pk=record.pk, media=record.media).annotated
    with path.open("rb") as content:
        annotated.save(f"annotated-{uuid.uuid4().hex}.mp4", File(content), save=False)
    try:
        with transaction.atomic():
            locked: Record = Record.objects.select_for_update().get(pk=record.pk)
            outdated = record_files(locked)
            locked.annotated.name = annotated.name
            locked.save(update_fields=["annotated"])
            film_making_note(record=locked, film=film)
            transaction.on_commit(lambda: files_delete(outdated))
    except BaseException:
        files_delete([annotated.name or ""])
        raise


def timeline_edit(
    *,
    record: Record,
    revision: int | None = None,
    smoothing: str | None = None,
    names: Mapping[int, str] | None = None,
    hidden: Mapping[int, bool] | None = None,
    segments: Sequence[Mapping[str, Any]] | None = None,
) -> Record:
    """Change what is given; the record's revision grows.

    Args:
        revision: the record's, as the editor saw it; None to change it whatever it has become.
        names: {track: name}; "" takes the name away.
        hidden: {track: whether it is hidden}.
        segments: name, start, end of each, in place of those that were there.

    Raises:
        EditConflict: the record is no longer of that revision.
        UnknownTrackError: there is no such track.
        Timeline.DoesNotExist: it was deleted for good, or has none.
    """
    with transaction.atomic():
        locked, timeline = _locked(record, revision)
        edits = dict(timeline.edits)
        if names:
            kept = {**(edits.get("names") or {}), **{str(one): name for one, name in names.items()}}
            edits["names"] = {number: name for number, name in kept.items() if name}
        if hidden:
            now = {*(edits.get("hidden") or ())} | {one for one, hide in hidden.items() if hide}
            edits["hidden"] = sorted(now - {one for one, hide in hidden.items() if not hide})
        _check_tracks(timeline, [*(names or {}), *(hidden or {})])
        if segments is not None:
            timeline.segments = _segments(timeline.segments, segments)
        changes_numbers = bool(hidden) or smoothing not in {None, timeline.smoothing}
        timeline.edits, timeline.smoothing = edits, smoothing or timeline.smoothing
        if changes_numbers:
            _summarize(locked, timeline, timeline_read(timeline=timeline))
        timeline.save()
        _grow(locked)
    return locked


def tracks_merge(*, record: Record, into: int, others: Sequence[int]) -> Record:
    """Show several tracks as one.

    Raises:
        UnknownTrackError, TracksOverlapError, Timeline.DoesNotExist: see there.
    """
    with transaction.atomic():
        locked, timeline = _locked(record, None)
        samples = timeline_read(timeline=timeline)
        check_merge(samples, timeline.edits, [into, *others])
        timeline.edits = with_merge(timeline.edits, into, others)
        _summarize(locked, timeline, samples)
        timeline.save()
        _grow(locked)
    return locked


def tracks_unmerge(*, record: Record, track: int) -> Record:
    """Show what was merged into a track on its own again.

    Raises:
        UnknownTrackError, Timeline.DoesNotExist: see there.
    """
    with transaction.atomic():
        locked, timeline = _locked(record, None)
        _check_tracks(timeline, [track])
        timeline.edits = without_merge(timeline.edits, track)
        _summarize(locked, timeline, timeline_read(timeline=timeline))
        timeline.save()
        _grow(locked)
    return locked


def _locked(record: Record, revision: int | None) -> tuple[Record, Timeline]:
    """Of two edits at once the second waits here, and then sees what the first has written."""
    locked = Record.objects.select_for_update(of=("self",)).filter(pk=record.pk).first()
    timeline = Timeline.objects.filter(record=locked).first() if locked else None
    if locked is None or timeline is None:
        raise Timeline.DoesNotExist
    if revision not in {None, locked.revision}:
        raise EditConflict
    return locked, timeline


def _check_tracks(timeline: Timeline, numbers: Sequence[int]) -> None:
    known = {track["track"] for track in timeline.tracks}
    for number in numbers:
        if number not in known:
            raise UnknownTrackError(number)


def _summarize(record: Record, timeline: Timeline, samples: Samples) -> None:
    if record.state == Record.State.DONE:  # else it is summed up when all of it is known
        record_summarize_timeline(record=record, timeline=timeline, samples=samples)


def _grow(record: Record) -> None:
    record.revision += 1
    record.save(update_fields=["revision", "expression", "probability", "uncertain", "face_count"])


def _segments(
    before: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """With ids; one that was there already keeps its own."""
    known = {(one["name"], one["start"], one["end"]): one["id"] for one in before}
    result = []
    for one in wanted:
        start, end = round(one["start"], 3), round(one["end"], 3)
        pk = known.pop((one["name"], start, end), None) or uuid.uuid4().hex[:12]
        result.append({"id": pk, "name": one["name"], "start": start, "end": end})
    return sorted(result, key=lambda one: (one["start"], one["end"]))
