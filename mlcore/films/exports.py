"""What is taken along of a film's numbers: captions, annotations, tables and sums."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcore.films.columns import Columns
from mlcore.films.tracks import FilmTrack
from mlcore.labels import EXPRESSIONS

SHORTEST_SECONDS = 0.2
"""An expression that is shown for less is no change of it, only a sample that disagrees."""

GAP_SECONDS = 2.0
"""Where a face has no sample for longer, nothing is said of it."""


@dataclass(frozen=True)
class Segment:
    """A part of a film that a person named; from `start` on and before `end`, in seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Interval:
    """An expression that a track shows for a while.

    Attributes:
        track: its number.
        start, end: in seconds.
        expression: of `EXPRESSIONS`, or "uncertain".
        probability: its mean over the samples.
    """

    track: int
    start: float
    end: float
    expression: str
    probability: float


UNCERTAIN = "uncertain"


def intervals(columns: Columns, *, shortest: float = SHORTEST_SECONDS) -> list[Interval]:
    """When which expression is the likeliest, by track and time.

    Args:
        columns: finished, see `tracks.finish_tracks`.
        shortest: in seconds; a shorter one is joined to the one before it.
    """
    result: list[Interval] = []
    for track in np.unique(columns.tracks).tolist():
        own = columns.take(columns.tracks == track)
        if not len(own):
            continue
        steps = np.diff(own.times)
        step = float(np.median(steps)) if len(steps) else SHORTEST_SECONDS
        for rows in np.split(np.arange(len(own)), np.flatnonzero(steps > GAP_SECONDS) + 1):
            result += _of_run(own.take(rows), track, step, shortest)
    return sorted(result, key=lambda one: (one.start, one.track))


def _of_run(own: Columns, track: int, step: float, shortest: float) -> Iterator[Interval]:
    """Of a track without a gap."""
    shown = np.where(own.uncertain, len(EXPRESSIONS), own.probabilities.argmax(axis=1))
    starts = [0, *(np.flatnonzero(np.diff(shown)) + 1).tolist()]
    # An expression lasts until the next one's first sample, the last one a step longer.
    times = [*own.times.tolist(), float(own.times[-1]) + step]
    kept: list[int] = []
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(own)
        if kept and (times[end] - times[start] < shortest or shown[kept[-1]] == shown[start]):
            continue
        kept.append(start)
    for place, start in enumerate(kept):
        end = kept[place + 1] if place + 1 < len(kept) else len(own)
        index = int(shown[start])
        rows = own.probabilities[start:end]
        sure = index < len(EXPRESSIONS)
        values = rows[:, index] if sure else rows.max(axis=1)
        name = EXPRESSIONS[index] if sure else UNCERTAIN
        yield Interval(track, times[start], times[end], name, float(values.mean()))


def webvtt(columns: Columns, tracks: Sequence[FilmTrack], labels: Mapping[int, str] = {}) -> str:
    """WebVTT captions of the expressions shown (https://www.w3.org/TR/webvtt1/).

    Args:
        columns, tracks: finished, see `tracks.finish_tracks`; only `tracks` are told of.
        labels: {number of a track: its name}; others are "face" and their number.
    """
    told = {track.number for track in tracks}
    cues = ["WEBVTT\n"]
    for one in intervals(columns):
        if one.track not in told:
            continue
        name = _label(one.track, labels)
        safe = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        percent = "" if one.expression == UNCERTAIN else f" ({one.probability:.0%})"
        cues.append(
            f"{_clock(one.start)} --> {_clock(one.end)}\n"
            f"<v {safe}>{safe}: {one.expression}{percent}\n"
        )
    return "\n".join(cues)


def _label(track: int, labels: Mapping[int, str]) -> str:
    return " ".join(labels.get(track, "").split()) or f"face {track}"


def _clock(seconds: float) -> str:
    whole = max(0, round(seconds * 1000))
    minutes, milliseconds = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def elan(
    columns: Columns,
    tracks: Sequence[FilmTrack],
    segments: Sequence[Segment] = (),
    media_name: str = "",
    labels: Mapping[int, str] = {},
    *,
    date: str = "1970-01-01T00:00:00Z",
) -> bytes:
    """An annotation file of ELAN's, EAF 3.0 (https://www.mpi.nl/tools/elan/EAFv3.0.xsd).

    A tier for each track with the expressions shown, and one with the segments.

    Args:
        columns, tracks: finished, see `tracks.finish_tracks`.
        media_name: the film's file, which ELAN looks for beside this one.
        labels: {number of a track: its name}.
        date: of the file, ISO 8601.
    """
    tiers: dict[str, list[tuple[float, float, str]]] = {}
    names: dict[int, str] = {}
    for track in tracks:
        name = _label(track.number, labels)
        while name in tiers:  # two tracks may have been given one name
            name += f" ({track.number})"
        names[track.number] = name
        tiers[name] = []
    for one in intervals(columns):
        if one.track in names:
            tiers[names[one.track]].append((one.start, one.end, one.expression))
    if segments:
        title = "segments"
        while title in tiers:
            title += " "
        tiers[title] = [(each.start, each.end, each.name) for each in segments]
    return _eaf(tiers, media_name, date)


def _eaf(
    tiers: Mapping[str, Iterable[tuple[float, float, str]]], media_name: str, date: str
) -> bytes:
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "",
            "DATE": date,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ET.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if media_name:
        kind = _MIME.get(media_name.rpartition(".")[2].lower(), "video/mp4")
        ET.SubElement(
            header,
            "MEDIA_DESCRIPTOR",
            MEDIA_URL=f"./{media_name}",
            MIME_TYPE=kind,
            RELATIVE_MEDIA_URL=f"./{media_name}",
        )
    order = ET.SubElement(root, "TIME_ORDER")
    slots: dict[int, str] = {}
    rows = {
        tier: [(round(1000 * start), round(1000 * end), text) for start, end, text in content]
        for tier, content in tiers.items()
    }
    for time in sorted({time for content in rows.values() for one in content for time in one[:2]}):
        slots[time] = f"ts{len(slots) + 1}"
        ET.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slots[time], TIME_VALUE=str(time))
    number = 0
    for tier, content in rows.items():
        element = ET.SubElement(root, "TIER", TIER_ID=tier, LINGUISTIC_TYPE_REF="default-lt")
        for start, end, text in content:
            number += 1
            outer = ET.SubElement(element, "ANNOTATION")
            inner = ET.SubElement(
                outer,
                "ALIGNABLE_ANNOTATION",
                ANNOTATION_ID=f"a{number}",
                TIME_SLOT_REF1=slots[start],
                TIME_SLOT_REF2=slots[end],
            )
            ET.SubElement(inner, "ANNOTATION_VALUE").text = text
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID="default-lt",
        TIME_ALIGNABLE="true",
    )
    ET.indent(root)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return bytes(content)


_MIME = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
}


@dataclass(frozen=True)
class Peak:
    """Where a track shows an expression most."""

    track: int
    time: float
    probability: float


@dataclass(frozen=True)
class Summary:
    """What was shown in a part of a film.

    Attributes:
        start, end: of the part, in seconds.
        samples: faces in it that the rest is of: those that are not uncertain.
        uncertain: how many others there are.
        tracks: the numbers of the tracks that are seen in it.
        shares: {expression: share of the samples in which it is the likeliest}.
        means: {expression: mean of its probability}.
        peaks: {expression: where it is most probable}.
    """

    start: float
    end: float
    samples: int
    uncertain: int
    tracks: tuple[int, ...]
    shares: Mapping[str, float]
    means: Mapping[str, float]
    peaks: Mapping[str, Peak]


def segment_summary(columns: Columns, start: float, end: float) -> Summary:
    """Sums over a part of a film, from `start` on and before `end`, in seconds.

    Without any samples that can be relied on there are no shares, means and peaks.
    """
    part = columns.between(start, end)
    sure = part.take(~part.uncertain)
    shares, means, peaks = {}, {}, {}
    if len(sure):
        likeliest = sure.probabilities.argmax(axis=1)
        for index, name in enumerate(EXPRESSIONS):
            column = sure.probabilities[:, index]
            top = int(column.argmax())
            shares[name] = float((likeliest == index).mean())
            means[name] = float(column.mean(dtype=np.float64))
            peaks[name] = Peak(int(sure.tracks[top]), float(sure.times[top]), float(column[top]))
    return Summary(
        start=start,
        end=end,
        samples=len(sure),
        uncertain=len(part) - len(sure),
        tracks=tuple(np.unique(part.tracks).tolist()),
        shares=shares,
        means=means,
        peaks=peaks,
    )


def sample_rows(columns: Columns, labels: Mapping[int, str] = {}) -> Iterator[dict[str, Any]]:
    """Each sample in plain values, for CSV and JSON Lines."""
    for row in range(len(columns)):
        probabilities = columns.probabilities[row]
        x, y, width, height = (round(float(value), 1) for value in columns.boxes[row])
        track = int(columns.tracks[row])
        yield {
            "time": round(float(columns.times[row]), 6),
            "frame": int(columns.frames[row]),
            "track": track,
            "name": labels.get(track, ""),
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "expression": EXPRESSIONS[int(probabilities.argmax())],
            "uncertain": bool(columns.uncertain[row]),
            "quality": round(float(columns.quality[row]), 4),
            **{
                name: round(float(value), 6)
                for name, value in zip(EXPRESSIONS, probabilities, strict=True)
            },
        }


def csv_lines(columns: Columns, labels: Mapping[int, str] = {}) -> Iterator[str]:
    """A CSV file, a line at a time; a name that would be a spreadsheet's formula is quoted."""
    for number, row in enumerate(sample_rows(columns, labels)):
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(row))
        if number == 0:
            writer.writeheader()
        name = row["name"]
        writer.writerow({**row, "name": f"'{name}" if name[:1] in _FORMULA else name})
        yield buffer.getvalue()


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_lines(columns: Columns, labels: Mapping[int, str] = {}) -> Iterator[str]:
    """JSON Lines: an object for each sample."""
    for row in sample_rows(columns, labels):
        yield json.dumps(row, ensure_ascii=False) + "\n"
