"""The quality score, its issues, and what makes an answer uncertain."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import call_command

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.boxes import Box, Detection
from mlcore.crops import crop
from mlcore.detectors import get_detector
from mlcore.detectors.base import to_grey
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import encode_jpeg
from mlcore.quality import ISSUES, MIN_QUALITY, Quality, assess, measure, rate
from mlcore.recognizer import Recognizer

FACE = Box(170, 65, 110, 110)
"""The square around the astronaut's face."""


@pytest.fixture(scope="module")
def grey(astronaut: np.ndarray) -> np.ndarray:
    return to_grey(astronaut)


def quality_of(grey: np.ndarray, square: Box = FACE) -> Quality:
    height, width = grey.shape
    return assess(crop(grey, square), square, width, height)


def smaller(grey: np.ndarray, scale: float) -> Quality:
    tiny = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = round(FACE.width * scale)
    return quality_of(tiny, Box(round(FACE.x * scale), round(FACE.y * scale), side, side))


def blurred(grey: np.ndarray, sigma: float) -> Quality:
    return quality_of(cv2.GaussianBlur(grey, (0, 0), sigma))


def lit(grey: np.ndarray, gain: float) -> Quality:
    return quality_of(np.clip(np.round(grey * float(gain)), 0, 255).astype(np.uint8))


def cut_below(grey: np.ndarray, share: float) -> Quality:
    return quality_of(grey[: FACE.y + FACE.height - round(FACE.height * share)])


def cut_left(grey: np.ndarray, share: float) -> Quality:
    lost = FACE.x + round(FACE.width * share)
    return quality_of(grey[:, lost:], replace(FACE, x=FACE.x - lost))


def test_a_good_portrait_has_nothing_wrong(grey: np.ndarray) -> None:
    quality = quality_of(grey)

    assert quality.score > 0.95
    assert quality.issues == ()


@pytest.mark.parametrize(
    ("degrade", "levels", "issue"),
    [
        pytest.param(smaller, (1, 0.5, 0.3, 0.2, 0.15, 0.1, 0.06), "small", id="small"),
        pytest.param(blurred, (0.5, 1, 2, 3, 5, 8, 16), "blurred", id="blurred"),
        pytest.param(lit, (1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03), "dark", id="dark"),
        pytest.param(lit, (1, 2, 3, 4, 6, 10), "overexposed", id="overexposed"),
        pytest.param(cut_below, (0, 0.1, 0.2, 0.3, 0.4, 0.5), "cut_off", id="cut below"),
        pytest.param(cut_left, (0, 0.2, 0.4, 0.6, 0.8), "cut_off", id="cut beside"),
    ],
)
def test_the_score_falls_as_a_face_gets_worse(
    grey: np.ndarray,
    degrade: Callable[[np.ndarray, float], Quality],
    levels: Sequence[float],
    issue: str,
) -> None:
    qualities = [degrade(grey, level) for level in levels]

    scores = [quality.score for quality in qualities]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert scores[-1] < MIN_QUALITY
    assert qualities[-1].issues[0] == issue
    assert [level for level, quality in zip(levels, qualities, strict=True) if not quality.issues]


def test_a_tiny_face_is_not_called_blurred_too(grey: np.ndarray) -> None:
    assert smaller(grey, 0.12).issues == ("small",)


def test_two_faults_cost_more_than_each(grey: np.ndarray) -> None:
    dark = np.round(grey * 0.15).astype(np.uint8)
    both = cut_below(dark, 0.3)

    assert sorted(both.issues) == ["cut_off", "dark"]
    assert both.score < min(cut_below(grey, 0.3).score, quality_of(dark).score)
    assert set(both.issues) <= set(ISSUES)


def test_the_worst_comes_first(grey: np.ndarray) -> None:
    barely_dark = np.round(grey * 0.2).astype(np.uint8)

    assert cut_below(barely_dark, 0.5).issues == ("cut_off", "dark")


def test_a_plain_square_is_rated_too() -> None:
    quality = quality_of(np.full((300, 300), 127, np.uint8))

    assert quality.issues == ("blurred",)
    assert quality.score < MIN_QUALITY


def test_sharpness_does_not_depend_on_contrast(grey: np.ndarray) -> None:
    full = measure(crop(grey, FACE), FACE, 512, 512)
    half = measure(crop(grey // 2 + 60, FACE), FACE, 512, 512)

    assert half.sharpness == pytest.approx(full.sharpness, rel=0.1)
    assert rate(half).issues == ()


class HereItIs:
    """A detector that is told where the face is."""

    name = "here_it_is"
    crop_rule = get_detector().crop_rule

    def __init__(self, box: Box) -> None:
        self.box = box

    def detect(self, image: np.ndarray) -> list[Detection]:
        return [Detection(self.box, 1.0)]


@pytest.mark.parametrize(("scale", "issues"), [(1, ()), (0.12, ("small",))])
def test_a_tiny_face_is_uncertain_however_sure_the_network(
    astronaut: np.ndarray, scale: float, issues: tuple[str, ...]
) -> None:
    box = Box(*(round(value * scale) for value in (179, 83, 88, 88)))
    recognizer = Recognizer(PACKAGED_MODELS / "compact_vgg", HereItIs(box))
    recognizer.metadata = replace(recognizer.metadata, abstention=None)
    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    (face,) = recognizer.recognize(picture)

    assert face.quality.issues == issues
    assert face.uncertain == bool(issues)


def test_an_answer_below_the_models_threshold_is_uncertain(astronaut: np.ndarray) -> None:
    recognizer = Recognizer(PACKAGED_MODELS / "compact_vgg", get_detector())
    for threshold, uncertain in ((0.5, False), (1.0, True)):
        recognizer.metadata = replace(recognizer.metadata, abstention={"threshold": threshold})
        (face,) = recognizer.recognize(astronaut)
        assert face.uncertain == uncertain
        assert face.expression == "happy"  # what is likeliest is told all the same


def test_a_model_without_a_threshold_is_never_unsure() -> None:
    recognizer = Recognizer(PACKAGED_MODELS / "compact_vgg", get_detector())
    recognizer.metadata = replace(recognizer.metadata, abstention=None)
    even = np.full(len(EXPRESSIONS), 1 / len(EXPRESSIONS), np.float32)

    assert not recognizer.is_uncertain(even, Quality(1.0))
    assert recognizer.is_uncertain(even, Quality(MIN_QUALITY - 0.01))


def test_the_recognize_command_tells_quality_and_uncertainty(
    astronaut: np.ndarray, tmp_path: Path
) -> None:
    sharp, dark = tmp_path / "sharp.jpg", tmp_path / "dark.jpg"
    sharp.write_bytes(encode_jpeg(astronaut, 95))
    dark.write_bytes(encode_jpeg(np.round(astronaut * 0.08).astype(np.uint8), 95))

    def run(*options: str) -> str:
        output = io.StringIO()
        call_command("recognize", sharp, dark, "--no-output", *options, stdout=output)
        return output.getvalue()

    good, poor = (answer["faces"][0] for answer in json.loads(run("--json")))
    assert (good["uncertain"], poor["uncertain"]) == (False, True)
    assert good["quality"]["issues"] == []
    assert poor["quality"]["issues"] == ["dark"]
    assert good["quality"]["score"] > 0.9 > poor["quality"]["score"]
    text = run()
    assert text.count("happy?") == 1
    assert "?: uncertain" in text
    assert "dark" in text
