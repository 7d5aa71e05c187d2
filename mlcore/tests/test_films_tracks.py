"""Tracks of made-up samples."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mlcore.films.columns import Columns
from mlcore.films.exports import (
    Segment,
    csv_lines,
    elan,
    intervals,
    json_lines,
    segment_summary,
    webvtt,
)
from mlcore.films.tracks import finish_tracks
from mlcore.labels import EXPRESSIONS

HAPPY, SAD, NEUTRAL = (EXPRESSIONS.index(name) for name in ("happy", "sad", "neutral"))


def track(
    number: int,
    times: list[float] | np.ndarray,
    *,
    x: float = 100.0,
    score: float = 1.0,
    shows: int | list[int] = HAPPY,
    uncertain: bool = False,
) -> Columns:
    """Samples of one track, with a probability of 0.7 for what it shows."""
    count = len(times)
    probabilities = np.full((count, 7), 0.05, np.float32)
    probabilities[np.arange(count), shows] = 0.7
    return Columns(
        times=np.array(times, np.float64),
        frames=np.round(np.array(times) * 10).astype(np.int32),
        tracks=np.full(count, number, np.int32),
        boxes=np.tile(np.array([x, 50, 80, 80], np.float32), (count, 1)),
        probabilities=probabilities,
        quality=np.ones(count, np.float32),
        uncertain=np.full(count, uncertain),
        scores=np.full(count, score, np.float32),
        cuts=np.empty(0),
    )


def film(*parts: Columns, cuts: tuple[float, ...] = ()) -> Columns:
    joined = Columns.joined(parts)
    ordered = joined.take(np.lexsort((joined.tracks, joined.times)))
    return Columns(**{**vars(ordered), "cuts": np.array(cuts, np.float64)})


def seconds(start: float, end: float) -> np.ndarray:
    return np.arange(round(start * 10), round(end * 10)) / 10


def test_a_short_gap_is_bridged_within_a_shot_and_at_one_place() -> None:
    parts = track(1, seconds(0, 2)), track(2, seconds(3, 5))
    columns, tracks = finish_tracks(film(*parts))
    assert [(one.number, one.samples) for one in tracks] == [(1, 40)]
    assert set(columns.tracks) == {1}
    _, tracks = finish_tracks(film(*parts, cuts=(2.5,)))
    assert len(tracks) == 2
    _, tracks = finish_tracks(film(parts[0], track(2, seconds(3, 5), x=300)))
    assert len(tracks) == 2
    _, tracks = finish_tracks(film(parts[0], track(2, seconds(4.5, 6))))
    assert len(tracks) == 2


def test_of_two_that_could_go_on_the_nearer_in_time_does() -> None:
    _, tracks = finish_tracks(
        film(
            track(1, seconds(0, 2)),
            track(2, seconds(2.2, 3)),
            track(3, seconds(2.4, 3), x=110),
        )
    )
    assert [(one.number, one.samples) for one in tracks] == [(1, 28), (2, 6)]


def test_false_tracks_are_dropped_and_the_others_numbered_by_appearance() -> None:
    columns, tracks = finish_tracks(
        film(
            track(3, seconds(0, 0.2), x=500, score=0.1),
            track(7, seconds(2, 4), x=300),
            track(5, seconds(0.5, 0.9), x=700, score=-0.2),
            track(9, seconds(1, 1.1), x=900, score=0.9),
            track(2, seconds(3, 6), x=1100, score=-0.2),
        )
    )
    assert [(one.number, one.start, one.samples) for one in tracks] == [
        (1, 1.0, 1),  # sure at once
        (2, 2.0, 20),
        (3, 3.0, 30),  # faint, but it stays
    ]
    assert set(columns.boxes[columns.tracks == 1][:, 0]) == {900.0}


def test_smoothing_is_a_mean_within_a_track_that_looks_both_ways() -> None:
    shows = [SAD if place == 10 else HAPPY for place in range(21)]
    two = film(track(1, seconds(0, 2.1), shows=shows), track(2, seconds(0, 2.1), x=300, shows=SAD))
    rough, _ = finish_tracks(two)
    smooth, _ = finish_tracks(two, smoothing=0.3)
    assert rough.probabilities[rough.tracks == 1][10, SAD] == pytest.approx(0.7)
    own = smooth.probabilities[smooth.tracks == 1]
    assert own[10].argmax() == HAPPY
    assert own[:, SAD] == pytest.approx(own[::-1, SAD])
    assert (np.diff(own[:11, SAD]) > 0).all()
    assert own.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert smooth.probabilities[smooth.tracks == 2] == pytest.approx(
        rough.probabilities[rough.tracks == 2], abs=1e-6
    )
    expected = np.exp(-np.abs(seconds(0, 2.1) - 0.5) / 0.3)
    assert own[5, SAD] == pytest.approx(0.05 + 0.65 * expected[10] / expected.sum(), abs=1e-5)


def test_nothing_comes_of_nothing() -> None:
    columns, tracks = finish_tracks(Columns.empty(), smoothing=1.0)
    assert (len(columns), tracks) == (0, [])
    assert intervals(columns) == []
    assert webvtt(columns, []) == "WEBVTT\n"
    assert list(csv_lines(columns)) == []
    assert segment_summary(columns, 0, 10).shares == {}
    ET.fromstring(elan(columns, []))


def changing() -> tuple[Columns, list]:
    shows = [HAPPY] * 10 + [SAD] + [HAPPY] * 4 + [NEUTRAL] * 5
    return finish_tracks(film(track(1, seconds(0, 2), shows=shows), track(2, seconds(1, 2), x=300)))


def test_intervals_leave_out_single_samples() -> None:
    columns, _ = changing()
    assert [(one.track, one.start, one.end, one.expression) for one in intervals(columns)] == [
        (1, 0.0, 1.5, "happy"),
        (2, 1.0, pytest.approx(2.0), "happy"),
        (1, 1.5, pytest.approx(2.0), "neutral"),
    ]


def test_a_long_gap_is_not_said_to_show_anything() -> None:
    parts = film(track(1, [0.0, 0.5, 1.0, 9.0, 9.5]))
    assert [(one.start, one.end) for one in intervals(parts)] == [(0.0, 1.5), (9.0, 10.0)]


def test_webvtt() -> None:
    columns, tracks = changing()
    text = webvtt(columns, tracks, {1: "Anna <A> & Co\n-->"})
    assert text.splitlines()[:4] == [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:01.500",
        "<v Anna &lt;A&gt; &amp; Co --&gt;>Anna &lt;A&gt; &amp; Co --&gt;: happy (66%)",
    ]
    assert text.count("-->") == 3
    assert "face 2: happy (70%)" in text
    assert "face 2" not in webvtt(columns, tracks[:1])


def test_elan() -> None:
    columns, tracks = changing()
    document = ET.fromstring(
        elan(columns, tracks, [Segment("Logo", 0.5, 1.5)], "film.mov", {1: "A", 2: "A"})
    )
    assert document.find("HEADER/MEDIA_DESCRIPTOR").get("MIME_TYPE") == "video/quicktime"
    slots = {
        slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in document.iter("TIME_SLOT")
    }
    assert list(slots.values()) == sorted(set(slots.values()))
    tiers = {
        tier.get("TIER_ID"): [
            (
                slots[note.get("TIME_SLOT_REF1")],
                slots[note.get("TIME_SLOT_REF2")],
                note.findtext("ANNOTATION_VALUE"),
            )
            for note in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        for tier in document.iter("TIER")
    }
    assert tiers == {
        "A": [(0, 1500, "happy"), (1500, 2000, "neutral")],
        "A (2)": [(1000, 2000, "happy")],
        "segments": [(500, 1500, "Logo")],
    }


def test_a_segment_s_sums() -> None:
    columns, _ = changing()
    whole = segment_summary(columns, 0, 2)
    assert (whole.samples, whole.uncertain, whole.tracks) == (30, 0, (1, 2))
    assert whole.shares["happy"] == pytest.approx(24 / 30)
    assert whole.shares["neutral"] == pytest.approx(5 / 30)
    assert sum(whole.shares.values()) == pytest.approx(1)
    assert sum(whole.means.values()) == pytest.approx(1, abs=1e-5)
    assert whole.peaks["sad"].time == 1.0
    assert whole.peaks["sad"].track == 1
    half = segment_summary(columns, 0, 1.0)
    assert (half.samples, half.tracks) == (10, (1,))
    doubtful = film(track(1, seconds(0, 1), uncertain=True))
    none = segment_summary(doubtful, 0, 1)
    assert (none.samples, none.uncertain, none.shares, none.peaks) == (0, 10, {}, {})


def test_tables() -> None:
    columns, _ = changing()
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(columns, {1: "=HYPERLINK(1)"})))))
    assert len(rows) == 30
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert (rows[0]["time"], rows[0]["track"], rows[0]["expression"]) == ("0.0", "1", "happy")
    objects = [json.loads(line) for line in json_lines(columns, {1: "王"})]
    assert objects[0]["name"] == "王"
    assert objects[0]["happy"] == pytest.approx(0.7)
    assert objects[0]["uncertain"] is False
    assert list(objects[0])[-7:] == list(EXPRESSIONS)


def test_a_faint_track_is_a_face_where_enough_of_it_is_confirmed() -> None:
    def faint(number: int, confirmed: int, x: float) -> Columns:
        one = track(number, seconds(0, 1), x=x, score=-0.5)
        one.scores[:confirmed] = 0.0
        return one

    _, tracks = finish_tracks(film(faint(1, 1, 100), faint(2, 2, 300), faint(3, 10, 500)))
    assert [one.samples for one in tracks] == [10, 10]
    # What scores so little is no face, however long it stays.
    _, tracks = finish_tracks(film(track(1, seconds(0, 9), score=-0.5)))
    assert tracks == []


def test_boxes_that_jump_are_steadied() -> None:
    jumping = track(1, seconds(0, 2))
    jumping.boxes[::2, 0] += 8
    columns, _ = finish_tracks(jumping)
    assert np.abs(np.diff(columns.boxes[:, 0])).max() < 4
    assert columns.boxes[5:-5, 0] == pytest.approx(104, abs=2)
    assert columns.boxes[:, 1:] == pytest.approx(jumping.boxes[:, 1:])
