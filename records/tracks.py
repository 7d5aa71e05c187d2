"""What a person does to the tracks of a timeline: names, hides, merges and smooths them.

Stored samples stay as they were recognised. `Timeline.edits` says what was done:

    names: {"3": "Anna"}       tracks are named by the number that is shown
    hidden: [2]                no longer in downloads, statistics and sums; their samples are there
    merged: {"4": 1}           the samples of 4 are shown as 1's; never a chain
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlcore.films.columns import Columns
from mlcore.films.tracks import smoothed
from records.models import Timeline
from records.timelines import Samples, summarize

CONSTANTS = {
    Timeline.Smoothing.NONE.value: 0.0,
    Timeline.Smoothing.LITTLE.value: 0.3,
    Timeline.Smoothing.MUCH.value: 1.0,
}
"""Time constants in seconds, the same as before the camera."""

REACH = 8.0
"""After so many time constants a sample counts for nothing any more."""

COLOURS = 8
NAME_MAX_LENGTH = 80


class UnknownTrackError(ValueError):
    """There is no track of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class TracksOverlapError(ValueError):
    """Two tracks that are there at the same time are two people."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(one, other)
        self.one, self.other = one, other


def merged(samples: Samples, edits: Mapping[str, Any]) -> Samples:
    """The samples with the numbers that are shown."""
    merges = edits.get("merged") or {}
    if not merges or not len(samples):
        return samples
    tracks = samples.tracks.copy()
    for number, into in merges.items():
        tracks[samples.tracks == int(number)] = into
    return replace(samples, tracks=tracks)


def smooth(samples: Samples, smoothing: str) -> Samples:
    """The samples with probabilities smoothed over time; they are in order."""
    constant = CONSTANTS[smoothing]
    if not constant or not len(samples):
        return samples
    return replace(samples, probabilities=smoothed(columns_of(samples), constant))


def shown(samples: Samples, edits: Mapping[str, Any]) -> Samples:
    """Without hidden tracks; the numbers are those that are shown."""
    hidden = edits.get("hidden") or []
    return samples.take(~np.isin(samples.tracks, hidden)) if hidden else samples


def summarize_edited(samples: Samples, edits: Mapping[str, Any], smoothing: str) -> dict[str, Any]:
    """As `records.timelines.summarize`: all tracks that are shown or hidden, and a summary of those
    that are shown.

    Args:
        samples: of the whole timeline as they are stored, in order.
    """
    whole = smooth(merged(samples, edits), smoothing)
    found = summarize(whole)
    if edits.get("hidden"):
        found = {**summarize(shown(whole, edits)), "tracks": found["tracks"]}
    return found


def check_merge(samples: Samples, edits: Mapping[str, Any], numbers: Sequence[int]) -> None:
    """Whether these tracks may become one.

    Raises:
        UnknownTrackError, TracksOverlapError: see there.
    """
    current = merged(samples, edits)
    spans = []
    for number in dict.fromkeys(numbers):
        times = current.times[current.tracks == number]
        if not len(times):
            raise UnknownTrackError(number)
        spans.append((number, times))
    for place, (one, times) in enumerate(spans):
        for other, others in spans[place + 1 :]:
            if len(np.intersect1d(times, others)):
                raise TracksOverlapError(one, other)


def with_merge(edits: Mapping[str, Any], into: int, others: Sequence[int]) -> dict[str, Any]:
    """The edits with these tracks shown as one; their own names and hiding go."""
    gone = set(others) - {into}
    merges = {
        number: into if target in gone else target
        for number, target in (edits.get("merged") or {}).items()
    }
    merges |= {str(number): into for number in sorted(gone)}
    names = edits.get("names") or {}
    return {
        **edits,
        "merged": merges,
        "names": {number: name for number, name in names.items() if int(number) not in gone},
        "hidden": [number for number in edits.get("hidden") or [] if number not in gone],
    }


def without_merge(edits: Mapping[str, Any], track: int) -> dict[str, Any]:
    """The edits with all that was merged into this track on its own again."""
    merges = edits.get("merged") or {}
    return {**edits, "merged": {number: into for number, into in merges.items() if into != track}}


def tracks_shown(timeline: Timeline) -> list[dict[str, Any]]:
    """The timeline's tracks with name, hiding, colour and what was merged into them."""
    names = timeline.edits.get("names") or {}
    hidden = set(timeline.edits.get("hidden") or [])
    merges = timeline.edits.get("merged") or {}
    return [
        {
            **track,
            "name": names.get(str(track["track"]), ""),
            "hidden": track["track"] in hidden,
            "color": (track["track"] - 1) % COLOURS,
            "merged": sorted(int(one) for one, into in merges.items() if into == track["track"]),
        }
        for track in timeline.tracks
    ]


def labels_of(timeline: Timeline) -> dict[int, str]:
    """{number of a track: its name}, of those that have one."""
    return {int(number): name for number, name in (timeline.edits.get("names") or {}).items()}


def columns_of(samples: Samples, frame_rate: float = 0.0, cuts: Sequence[float] = ()) -> Columns:
    """The samples as `mlcore.films` knows them.

    Args:
        samples: in order.
        frame_rate: of the film; the frames' numbers are reckoned with it.
        cuts: when shots begin, in seconds.
    """
    return Columns(
        times=samples.times.astype(np.float64),
        frames=np.rint(samples.times * frame_rate).astype(np.int32),
        tracks=samples.tracks.astype(np.int32),
        boxes=samples.boxes.astype(np.float32),
        probabilities=samples.probabilities.astype(np.float32),
        quality=samples.quality.astype(np.float32),
        uncertain=samples.uncertain.astype(np.bool_),
        scores=np.ones(len(samples), np.float32),
        cuts=np.array(cuts, np.float64),
    )


def samples_of(columns: Columns) -> Samples:
    """The samples of a film's columns, checked as those of a camera are."""
    return Samples.of(
        times=columns.times.clip(0),
        tracks=columns.tracks,
        boxes=columns.boxes.clip(0, 65535),
        probabilities=columns.probabilities.clip(0, 1),
        quality=columns.quality.clip(0, 1),
        uncertain=columns.uncertain,
    )
