"""Stretches of a timeline that a person named: read from cue sheets, and summed up."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from mlcore.films.exports import Summary, segment_summary
from records.names import clean_name
from records.timelines import TIME_MAX, Samples, sample_seconds
from records.tracks import columns_of

SEGMENTS_MAX = 1_000
SEGMENT_NAME_MAX_LENGTH = 80
CUE_SHEET_MAX_BYTES = 1024 * 1024

_CLOCK = re.compile(r"^(?:(\d{1,2}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,6})?)$")
_SECONDS = re.compile(r"^\d{1,6}(?:[.,]\d{1,6})?$")


CUE_SHEET_PROBLEMS = {
    "no_text": _("This is no text in UTF-8."),
    "too_many": _("Line %(line)d: there are too many segments."),
    "no_columns": _("Line %(line)d: write a name, a start and an end, with commas between."),
    "no_name": _("Line %(line)d: the name is empty, too long or holds hidden characters."),
    "no_time": _("Line %(line)d: a time is seconds, as 83.5, or a clock, as 0:01:23.5."),
    "no_order": _("Line %(line)d: the end must come after the start."),
}


class CueSheetError(ValueError):
    """
    Attributes:
        line: which line is not right, from 1; 0 for the sheet as a whole.
        code: what is wrong, of `CUE_SHEET_PROBLEMS`.
    """

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code, line)
        self.code, self.line = code, line


def cue_sheet_read(content: bytes) -> list[dict[str, Any]]:
    """Segments of a text with a line `name, start, end` each, between commas, semicolons or tabs.

    Times are seconds, or minutes and hours as in 1:02:03.5. A first line that names its columns is
    passed over, and so are empty lines.

    Raises:
        CueSheetError: see there.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CueSheetError("no_text") from error
    first = text.lstrip().partition("\n")[0]
    delimiter = max("\t;,", key=first.count) if first else ","
    segments: list[dict[str, Any]] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells) or (not segments and _names_columns(cells)):
                continue
            if len(segments) >= SEGMENTS_MAX:
                raise CueSheetError("too_many", rows.line_num)
            segments.append(_segment(cells, rows.line_num))
    except csv.Error as error:
        raise CueSheetError("no_text", rows.line_num) from error
    return segments


def _names_columns(cells: Sequence[str]) -> bool:
    return [cell.lower() for cell in cells[:3]] == ["name", "start", "end"]


def _segment(cells: Sequence[str], line: int) -> dict[str, Any]:
    if len(cells) < 3 or any(cells[3:]):
        raise CueSheetError("no_columns", line)
    name, code = clean_name(cells[0])
    if code or not name or len(name) > SEGMENT_NAME_MAX_LENGTH:
        raise CueSheetError("no_name", line)
    start, end = _time(cells[1], line), _time(cells[2], line)
    if not start < end <= TIME_MAX:
        raise CueSheetError("no_order", line)
    return {"name": name, "start": start, "end": end}


def _time(text: str, line: int) -> float:
    if _SECONDS.match(text):
        return float(text.replace(",", "."))
    if found := _CLOCK.match(text):
        hours, minutes, seconds = found.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    raise CueSheetError("no_time", line)


def segment_statistics(
    samples: Samples,
    segments: Sequence[Mapping[str, Any]],
    *,
    duration: float,
    frame_rate: float = 0.0,
) -> Iterator[dict[str, Any]]:
    """Sums for the whole timeline and each segment: of all its faces, then of each.

    Shares, means and peaks are of the samples that can be relied on, see
    `mlcore.films.exports.segment_summary`; None where there are none.

    Args:
        samples: those that are shown, in order.
    """
    columns = columns_of(samples, frame_rate)
    seconds = sample_seconds(samples)
    whole = {"id": None, "name": "", "start": 0.0, "end": max(duration, 0.0)}
    for segment in (whole, *segments):
        start = segment["start"]
        # The last sample of all is in the whole.
        end = math.inf if segment is whole else segment["end"]
        inside = (samples.times >= start) & (samples.times < end)
        for track in (None, *np.unique(samples.tracks[inside]).tolist()):
            own = np.ones(len(samples), bool) if track is None else samples.tracks == track
            found = segment_summary(columns.take(own), start, end)
            yield {
                **segment,
                "track": track,
                **_sums(found),
                "seconds": round(float(seconds[inside & own].sum()), 3),
            }


def _sums(found: Summary) -> dict[str, Any]:
    return {
        "samples": found.samples,
        "uncertain": found.uncertain,
        "shares": {name: round(share, 4) for name, share in found.shares.items()} or None,
        "mean": {name: round(mean, 4) for name, mean in found.means.items()} or None,
        "peak": {
            name: {
                "value": round(peak.probability, 4),
                "time": round(peak.time, 3),
                "track": peak.track,
            }
            for name, peak in found.peaks.items()
        }
        or None,
    }
