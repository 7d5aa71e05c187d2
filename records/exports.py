"""Records as files: CSV for spreadsheets, JSON for programs, ZIP with the pictures.

All are streamed: neither the rows nor the pictures of a selection are in memory together.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from ferproject.common.archives import stored_entries, zip_stream
from ferproject.common.spreadsheets import csv_stream
from mlcore.films.columns import Columns
from mlcore.films.exports import Segment, elan, webvtt
from mlcore.films.tracks import film_tracks
from mlcore.labels import EXPRESSIONS
from records.models import Face, Record, Timeline
from records.selectors import timeline_shown, timeline_shown_blocks, timeline_statistics
from records.timelines import Samples
from records.tracks import columns_of, labels_of

FORMAT = "expression-lab-records"
FORMAT_VERSION = 1
"""What `recognition.imports` reads; it grows when a field changes its meaning."""

BATCH = 500

_RECORD_COLUMNS = (
    *("record_id", "name", "created_at", "kind", "file_name", "note", "tags", "state"),
    *("model", "detector", "purpose"),
)
_FACE_COLUMNS = (
    *("face", "x", "y", "width", "height", "expression", "probability", *EXPRESSIONS),
    *("uncertain", "quality", "quality_issues", "corrected_expression", "corrected_at"),
)


_SAMPLE_COLUMNS = (
    *("time", "face", "x", "y", "width", "height", "expression", "probability", *EXPRESSIONS),
    *("quality", "uncertain", "name"),
)


def samples_csv(timeline: Timeline) -> Iterator[bytes]:
    """A line for each sample, block by block."""
    return csv_stream(_samples_table(timeline))


def samples_json(timeline: Timeline) -> Iterator[bytes]:
    """The timeline with its samples by columns; a block of them is in memory at a time."""
    head = {
        "record": str(timeline.record_id),
        "expressions": EXPRESSIONS,
        **timeline_document(timeline),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "samples": {'
    for place, name in enumerate(_COLUMNS):
        yield f'{", " if place else ""}"{name}": ['.encode()
        separator = b""
        for samples in timeline_shown_blocks(timeline):
            if len(samples):
                yield separator + json.dumps(samples.columns()[name])[1:-1].encode()
                separator = b", "
        yield b"]"
    yield b"}}\n"


def samples_json_lines(timeline: Timeline) -> Iterator[bytes]:
    """JSON Lines: an object for each sample."""
    names = labels_of(timeline)
    for samples in timeline_shown_blocks(timeline):
        for row in sample_rows(samples, names):
            yield (
                json.dumps(
                    dict(zip(_SAMPLE_COLUMNS, row, strict=True)), ensure_ascii=False
                ).encode()
                + b"\n"
            )


def segments_csv(timeline: Timeline) -> Iterator[bytes]:
    """A line for each segment and track, the whole timeline first."""
    return csv_stream(_segments_table(timeline))


def captions_vtt(timeline: Timeline) -> Iterator[bytes]:
    """WebVTT captions of the expressions shown."""
    columns = _columns(timeline)
    yield webvtt(columns, film_tracks(columns), labels_of(timeline)).encode()


def elan_eaf(timeline: Timeline) -> Iterator[bytes]:
    """An annotation file for ELAN, with a tier for each track and one for the segments."""
    columns = _columns(timeline)
    segments = [Segment(one["name"], one["start"], one["end"]) for one in timeline.segments]
    yield elan(
        columns,
        film_tracks(columns),
        segments,
        timeline.media.file_name,
        labels_of(timeline),
        date=timeline.created_at.isoformat(timespec="seconds"),
    )


def _columns(timeline: Timeline) -> Columns:
    return columns_of(timeline_shown(timeline), timeline.frame_rate, timeline.cuts)


def _segments_table(timeline: Timeline) -> Iterator[Iterable[object]]:
    yield (
        *("segment", "start", "end", "face", "name", "seconds", "samples", "uncertain"),
        *(f"share_{name}" for name in EXPRESSIONS),
        *(f"mean_{name}" for name in EXPRESSIONS),
        *(column for name in EXPRESSIONS for column in (f"peak_{name}", f"peak_time_{name}")),
    )
    names = labels_of(timeline)
    for one in timeline_statistics(timeline):
        shares, mean, peak = one["shares"] or {}, one["mean"] or {}, one["peak"] or {}
        yield (
            *(one["name"], one["start"], one["end"]),
            *("" if one["track"] is None else one["track"], names.get(one["track"], "")),
            *(one["seconds"], one["samples"], one["uncertain"]),
            *(shares.get(name, "") for name in EXPRESSIONS),
            *(mean.get(name, "") for name in EXPRESSIONS),
            *(
                value
                for name in EXPRESSIONS
                for value in (
                    peak.get(name, {}).get("value", ""),
                    peak.get(name, {}).get("time", ""),
                )
            ),
        )


_COLUMNS = ("times", "tracks", "boxes", "probabilities", "quality", "uncertain")


def blocks_of(timeline: Timeline) -> Iterator[Samples]:
    """A timeline's samples, one block after the other."""
    for block in timeline.blocks.order_by("index").iterator(chunk_size=4):
        yield Samples.from_bytes(block.data, block.count)


def timeline_document(timeline: Timeline) -> dict[str, Any]:
    """A timeline as exports have it, without its samples."""
    return {
        "duration": timeline.duration,
        "width": timeline.width,
        "height": timeline.height,
        "sample_count": timeline.sample_count,
        "tracks": timeline.tracks,
        "marks": timeline.marks,
        "practice": timeline.practice,
        "summary": timeline.summary,
        "smoothing": timeline.smoothing,
        "edits": timeline.edits,
        "segments": timeline.segments,
        "frame_rate": timeline.frame_rate,
        "cuts": timeline.cuts,
        "truncated": timeline.truncated,
    }


def sample_rows(samples: Samples, names: Mapping[int, str]) -> Iterator[tuple[object, ...]]:
    """The cells of each sample, see `_SAMPLE_COLUMNS`."""
    columns = samples.columns()
    for at, track, box, shares, quality, uncertain in zip(
        *(columns[name] for name in _COLUMNS), strict=True
    ):
        strongest = max(range(len(shares)), key=shares.__getitem__)
        yield (
            *(at, track, *box, EXPRESSIONS[strongest], shares[strongest], *shares),
            *(quality, "yes" if uncertain else "no", names.get(track, "")),
        )


def _samples_table(timeline: Timeline) -> Iterator[Iterable[object]]:
    yield _SAMPLE_COLUMNS
    names = labels_of(timeline)
    for samples in timeline_shown_blocks(timeline):
        yield from sample_rows(samples, names)


def export_rows(records: QuerySet[Record]) -> Iterator[Record]:
    """The records of a selection with all that an export names, a batch at a time."""
    faces = Prefetch("faces", Face.objects.defer("explanation").order_by("index"))
    rows = records.select_related("media", "timeline").prefetch_related(faces, "tags")
    yield from rows.iterator(chunk_size=BATCH)


def csv_export(records: QuerySet[Record]) -> Iterator[bytes]:
    """A line for each face, and one for each record without a face."""
    return csv_stream(_table(records))


def _table(records: QuerySet[Record]) -> Iterator[Iterable[object]]:
    yield (*_RECORD_COLUMNS, *_FACE_COLUMNS)
    for record in export_rows(records):
        about = _csv_record(record)
        faces = list(record.faces.all())
        for face in faces:
            yield (*about, *_csv_face(face))
        if not faces:
            yield (*about, *("" for _ in _FACE_COLUMNS))


def json_export(records: QuerySet[Record]) -> Iterator[bytes]:
    """The product's own format, which another installation imports."""
    head = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "exported_at": timezone.now().isoformat(),
    }
    yield json.dumps(head)[:-1].encode() + b', "records": ['
    separator = b"\n"
    for record in export_rows(records):
        yield separator + json.dumps(record_document(record), ensure_ascii=False).encode()
        separator = b",\n"
    yield b"\n]}\n"


def zip_export(records: QuerySet[Record]) -> Iterator[bytes]:
    """`records.json`, `records.csv`, the samples of each timeline as CSV, and a folder with the
    files of each record.

    A file that went while the export ran is left out.
    """
    return zip_stream(_entries(records))


def _entries(records: QuerySet[Record]) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "records.json", json_export(records)
    yield "records.csv", csv_export(records)
    for record in export_rows(records):
        if timeline := timeline_of(record):
            yield f"samples/{record.pk}.csv", samples_csv(timeline)
    yield from stored_entries(
        file for record in export_rows(records) for file in record_export_files(record)
    )


EXPORTS: dict[str, tuple[str, Callable[[QuerySet[Record]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_export),
    "json": ("application/json", json_export),
    "zip": ("application/zip", zip_export),
}
"""Content type and writer of each format."""


def record_document(record: Record) -> dict[str, Any]:
    """A record as the product's own JSON has it; `files` are names within a ZIP export."""
    media = record.media
    files = {PurePosixPath(path).stem: path for path, _ in record_export_files(record)}
    return {
        "id": str(record.pk),
        "name": record.name,
        "note": record.note,
        "tags": [tag.name for tag in record.tags.all()],
        "created_at": record.created_at.isoformat(),
        "recognized_at": record.recognized_at and record.recognized_at.isoformat(),
        "state": record.state,
        "error_code": record.error_code,
        "error_detail": record.error_detail,
        "kind": media.kind,
        "file_name": media.file_name,
        "width": media.width,
        "height": media.height,
        "consent_at": media.consent_at.isoformat(),
        "purpose": media.purpose,
        "detector": record.detector,
        "model_name": record.model_name,
        "model_version": record.model_version,
        "files": {kind: files[kind] for kind in ("original", "annotated") if kind in files},
        "faces": [_face_document(face, files) for face in record.faces.all()],
        "timeline": _timeline_document(record),
    }


def timeline_of(record: Record) -> Timeline | None:
    """The record's timeline, if it has one."""
    timeline: Timeline | None = getattr(record, "timeline", None)
    return timeline


def _timeline_document(record: Record) -> dict[str, Any] | None:
    """With all samples: an hour of a face has some megabytes."""
    timeline = timeline_of(record)
    if timeline is None:
        return None
    samples = Samples.joined(list(blocks_of(timeline)))
    return {**timeline_document(timeline), "samples": samples.columns()}


def record_export_files(record: Record) -> Iterator[tuple[str, str]]:
    """(path in the ZIP, name in the storage) of each file that is kept of a record."""
    fields = [("original", record.media.original), ("annotated", record.annotated)]
    fields += [(f"face-{face.index + 1}", face.crop) for face in record.faces.all()]
    for stem, field in fields:
        if field.name:
            suffix = PurePosixPath(field.name).suffix
            yield f"pictures/{record.pk}/{stem}{suffix}", field.name


def _face_document(face: Face, files: dict[str, str]) -> dict[str, Any]:
    return {
        "index": face.index,
        "box": {"x": face.x, "y": face.y, "width": face.width, "height": face.height},
        "detection_score": face.detection_score,
        "expression": face.expression,
        "probability": face.probability,
        "probabilities": face.probabilities,
        "uncertain": face.uncertain,
        "quality": face.quality,
        "quality_issues": face.quality_issues,
        "corrected_expression": face.corrected_expression,
        "corrected_at": face.corrected_at and face.corrected_at.isoformat(),
        "crop": files.get(f"face-{face.index + 1}"),
    }


def _csv_record(record: Record) -> tuple[object, ...]:
    media = record.media
    return (
        *(str(record.pk), record.name, record.created_at.isoformat(timespec="seconds"), media.kind),
        *(media.file_name, record.note, ", ".join(tag.name for tag in record.tags.all())),
        *(record.state, f"{record.model_name} {record.model_version}".strip(), record.detector),
        media.purpose,
    )


def _csv_face(face: Face) -> tuple[object, ...]:
    return (
        *(face.index + 1, face.x, face.y, face.width, face.height, face.expression),
        face.probability,
        *(face.probabilities[name] for name in EXPRESSIONS),
        *("yes" if face.uncertain else "no", "" if face.quality is None else face.quality),
        *(", ".join(face.quality_issues), face.corrected_expression),
        face.corrected_at.isoformat(timespec="seconds") if face.corrected_at else "",
    )
