"""Timelines: begun without a record, written block by block, and closed with one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from records.models import Media, Record, SampleBlock, Timeline
from records.services.storing import PictureFile, files_delete, media_files, record_create
from records.timelines import Samples
from records.tracks import summarize_edited

_FILM_FIELDS = ("smoothing", "edits", "segments", "frame_rate", "cuts", "truncated")

SMALL_BLOCK = 600
"""Samples come a few at a time; so many share a block until the timeline is closed."""


def timeline_begin(*, owner: User, purpose: str, consent_at: datetime) -> Timeline:
    """A timeline of a medium without a picture, which nobody sees until they have a record.

    How long they are kept is as their owner has it set now. Call inside a transaction.
    """
    media = Media.objects.create(
        owner=owner,
        kind=Media.Kind.LIVE,
        file_name="",
        content_type="",
        size=0,
        width=0,
        height=0,
        consent_at=consent_at,
        purpose=purpose,
        # Until somebody asks for a picture of it there is none to keep.
        keep=Keep.RESULTS,
        delete_at=owner.delete_at(consent_at),
    )
    timeline: Timeline = Timeline.objects.create(owner=owner, media=media)
    return timeline


def timeline_append(*, timeline: Timeline, samples: Samples) -> None:
    """Add samples at the end. Call inside a transaction that holds the timeline's keeper."""
    if not len(samples):
        return
    last = timeline.blocks.order_by("-index").first()
    if last is not None and last.count + len(samples) <= SMALL_BLOCK:
        samples = Samples.joined([Samples.from_bytes(last.data, last.count), samples])
        index = last.index
        last.delete()
    else:
        index = 0 if last is None else last.index + 1
    _block(timeline, index, samples).save(force_insert=True)


def timeline_close(
    *,
    timeline: Timeline,
    kind: str,
    name: str,
    duration: float,
    width: int,
    height: int,
    marks: Sequence[Mapping[str, Any]] = (),
    practice: Mapping[str, Any] | None = None,
    detector: str = "",
    model_name: str = "",
    model_version: str = "",
) -> Record:
    """Put the blocks in order, sum them up, and make the record of it; it is done at once.

    Args:
        duration: in seconds; it reaches to the last sample at least.
        width, height: of the frames, for a medium without a picture.

    Call inside a transaction.
    """
    samples = timeline_read(timeline=timeline)
    # Of a camera that was left before its first frame no size is known.
    width, height = max(1, width), max(1, height)
    media = timeline.media
    media.kind = kind
    if not media.original:
        media.width, media.height = width, height
    record = record_create(media=media, name=name)
    timeline_write(timeline=timeline, samples=samples)
    timeline.record = record
    timeline.duration = max(duration, float(samples.times[-1]) if len(samples) else 0.0)
    timeline.width, timeline.height = width, height
    timeline.marks = list(marks)
    timeline.practice = dict(practice) if practice is not None else None
    record_summarize_timeline(record=record, timeline=timeline, samples=samples)
    timeline.save()
    record.state = Record.State.DONE
    record.detector = detector
    record.model_name, record.model_version = model_name, model_version
    record.recognized_at = timezone.now()
    record.save()
    return record


def timeline_prepare(
    *, record: Record, values: Mapping[str, Any]
) -> tuple[Timeline, list[SampleBlock]]:
    """A timeline that was exported, and its blocks, neither yet saved; its record gets what lists
    show. See `recognition.import_documents` for the values."""
    samples: Samples = values["samples"].in_order()
    timeline = Timeline(
        owner=record.owner,
        media=record.media,
        record=record,
        duration=values["duration"],
        width=values["width"],
        height=values["height"],
        marks=values["marks"],
        practice=values["practice"],
        **{name: values[name] for name in _FILM_FIELDS if name in values},
    )
    record_summarize_timeline(record=record, timeline=timeline, samples=samples)
    return timeline, _blocks(timeline, samples)


def record_summarize_timeline(*, record: Record, timeline: Timeline, samples: Samples) -> None:
    """Set what both show of the samples, in order and as stored; the caller saves them."""
    found = summarize_edited(samples, timeline.edits, timeline.smoothing)
    timeline.tracks, timeline.summary = found["tracks"], found["summary"]
    timeline.sample_count = len(samples)
    record.expression = found["expression"]
    record.probability = found["probability"]
    record.uncertain = found["uncertain"]
    hidden = timeline.edits.get("hidden") or ()
    record.face_count = sum(track["track"] not in hidden for track in found["tracks"])


def timeline_read(*, timeline: Timeline) -> Samples:
    """All its samples, in order."""
    blocks = timeline.blocks.order_by("index")
    return Samples.joined(
        [Samples.from_bytes(block.data, block.count) for block in blocks]
    ).in_order()


def media_store_picture(*, media: Media, picture: PictureFile) -> None:
    """Keep a picture of a timeline, as its owner asked, in place of an earlier one."""
    content, small = ContentFile(picture.original), ContentFile(picture.thumbnail)
    written: list[str] = []
    try:
        with transaction.atomic():
            locked: Media = Media.objects.select_for_update().get(pk=media.pk)
            before = media_files(locked)
            locked.original.save(f"original.{picture.extension}", content, save=False)
            locked.thumbnail.save("thumbnail.webp", small, save=False)
            written = [name for name in media_files(locked) if name not in before]
            locked.content_type, locked.size = picture.content_type, len(picture.original)
            locked.width, locked.height = picture.width, picture.height
            # Whatever is usual for this person: this one they asked for.
            locked.keep = Keep.ALL
            locked.save()
            transaction.on_commit(lambda: files_delete(before))
    except BaseException:
        files_delete(written)
        raise


def timeline_write(*, timeline: Timeline, samples: Samples) -> None:
    """The blocks of a whole timeline, in place of those there are."""
    timeline.blocks.all().delete()
    SampleBlock.objects.bulk_create(_blocks(timeline, samples))


def _blocks(timeline: Timeline, samples: Samples) -> list[SampleBlock]:
    return [_block(timeline, index, part) for index, part in enumerate(samples.blocks())]


def _block(timeline: Timeline, index: int, samples: Samples) -> SampleBlock:
    return SampleBlock(
        timeline=timeline,
        index=index,
        start=float(samples.times.min()),
        end=float(samples.times.max()),
        count=len(samples),
        data=samples.to_bytes(),
    )
