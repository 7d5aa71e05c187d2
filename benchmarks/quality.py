"""What small, blurred, dark, overexposed, cut off, covered and turned faces cost, and whether the
quality score says so.

    .venv/bin/python -m benchmarks.quality FER2013.CSV FER2013NEW.CSV [--faces 1000]

Takes faces of FER2013's PrivateTest whose label FER+ is sure of, degrades them, and prints for each
degradation how often the model is right, how sure it is, the measure (median) that the curves in
`mlcore/quality.py` are drawn over, the mean score, and how many are called uncertain for their
quality. The last table puts the faces with a measure together by their score.

With 1000 faces and `compact_se_taught` it printed, on 2 cores of an Intel Xeon:

| faces | right | said | measure | score | < 0.6 |
|---|---|---|---|---|---|
| as they are | 0.846 | 0.789 | sharpness 0.652 | 1.00 | 0% |
| 40 pixels | 0.858 | 0.779 | side 40 | 0.98 | 0% |
| 32 pixels | 0.860 | 0.766 | side 32 | 0.97 | 0% |
| 24 pixels | 0.818 | 0.711 | side 24 | 0.89 | 0% |
| 20 pixels | 0.739 | 0.648 | side 20 | 0.79 | 0% |
| 16 pixels | 0.612 | 0.577 | side 16 | 0.64 | 1% |
| 12 pixels | 0.468 | 0.496 | side 12 | 0.54 | 100% |
| 8 pixels | 0.369 | 0.435 | side 8 | 0.47 | 100% |
| blur 0.5 | 0.863 | 0.786 | sharpness 0.323 | 0.99 | 0% |
| blur 0.8 | 0.856 | 0.763 | sharpness 0.104 | 0.93 | 0% |
| blur 1.2 | 0.767 | 0.684 | sharpness 0.0401 | 0.81 | 1% |
| blur 1.6 | 0.622 | 0.579 | sharpness 0.0195 | 0.69 | 17% |
| blur 2 | 0.515 | 0.505 | sharpness 0.0118 | 0.60 | 51% |
| blur 3 | 0.354 | 0.432 | sharpness 0.00524 | 0.49 | 95% |
| blur 4 | 0.295 | 0.404 | sharpness 0.00358 | 0.46 | 98% |
| light x 0.5 | 0.808 | 0.763 | highlight 98 | 0.98 | 0% |
| light x 0.25 | 0.761 | 0.725 | highlight 50 | 0.81 | 1% |
| light x 0.12 | 0.643 | 0.609 | highlight 24 | 0.62 | 26% |
| light x 0.08 | 0.529 | 0.522 | highlight 16 | 0.52 | 99% |
| light x 0.05 | 0.406 | 0.469 | highlight 11 | 0.43 | 100% |
| light x 1.5 | 0.828 | 0.777 | clipped 0.35 | 0.91 | 1% |
| light x 2 | 0.759 | 0.741 | clipped 0.679 | 0.80 | 12% |
| light x 3 | 0.611 | 0.683 | clipped 0.87 | 0.66 | 42% |
| light x 5 | 0.471 | 0.616 | clipped 0.957 | 0.56 | 73% |
| cut below 0.1 | 0.839 | 0.777 | below 0.104 | 0.97 | 0% |
| cut below 0.2 | 0.776 | 0.719 | below 0.208 | 0.87 | 0% |
| cut below 0.3 | 0.691 | 0.643 | below 0.292 | 0.75 | 0% |
| cut below 0.4 | 0.542 | 0.585 | below 0.396 | 0.58 | 100% |
| cut below 0.5 | 0.483 | 0.595 | below 0.5 | 0.51 | 100% |
| cut above 0.1 | 0.846 | 0.782 | beyond 0.104 | 1.00 | 0% |
| cut above 0.2 | 0.824 | 0.772 | beyond 0.208 | 0.98 | 0% |
| cut above 0.3 | 0.816 | 0.763 | beyond 0.292 | 0.95 | 0% |
| cut above 0.4 | 0.765 | 0.721 | beyond 0.396 | 0.89 | 0% |
| cut above 0.5 | 0.739 | 0.683 | beyond 0.5 | 0.83 | 0% |
| cut beside 0.1 | 0.844 | 0.787 | beyond 0.104 | 1.00 | 0% |
| cut beside 0.2 | 0.852 | 0.782 | beyond 0.208 | 0.98 | 0% |
| cut beside 0.3 | 0.834 | 0.773 | beyond 0.292 | 0.95 | 0% |
| cut beside 0.4 | 0.810 | 0.750 | beyond 0.396 | 0.89 | 0% |
| cut beside 0.5 | 0.770 | 0.709 | beyond 0.5 | 0.83 | 0% |
| mouth covered | 0.655 | 0.672 |  | 1.00 | 0% |
| eyes covered | 0.762 | 0.712 |  | 1.00 | 0% |
| left half covered | 0.773 | 0.740 |  | 0.99 | 0% |
| rolled 15° | 0.857 | 0.773 |  | 0.99 | 0% |
| rolled 30° | 0.816 | 0.736 |  | 0.99 | 0% |
| rolled 45° | 0.709 | 0.672 |  | 0.99 | 0% |
| rolled 60° | 0.556 | 0.621 |  | 0.99 | 0% |
| turned 30° | 0.836 | 0.769 |  | 0.99 | 0% |
| turned 45° | 0.783 | 0.723 |  | 0.99 | 0% |
| turned 60° | 0.682 | 0.619 |  | 0.98 | 0% |
| turned 75° | 0.518 | 0.505 |  | 0.96 | 2% |

| score | faces | right | said |
|---|---|---|---|
| 0.00 to 0.30 | 11 | 0.000 | 0.380 |
| 0.30 to 0.40 | 3 | 0.667 | 0.420 |
| 0.40 to 0.50 | 4696 | 0.395 | 0.472 |
| 0.50 to 0.60 | 5457 | 0.505 | 0.552 |
| 0.60 to 0.70 | 3227 | 0.605 | 0.598 |
| 0.70 to 0.80 | 3626 | 0.708 | 0.655 |
| 0.80 to 0.90 | 8185 | 0.777 | 0.717 |
| 0.90 to 0.99 | 8902 | 0.838 | 0.769 |
| 0.99 to 1.00 | 4893 | 0.845 | 0.786 |
"""

import itertools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from mlcore.boxes import Box
from mlcore.crops import crop
from mlcore.datasets import load_fer2013
from mlcore.quality import MIN_QUALITY, measure, rate
from mlcore.recognizer import Recognizer, get_recognizer

Face = NDArray[np.uint8]
Shot = tuple[Face, Box]
"""A grey picture and the square in it."""


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("pixels", type=Path)
    parser.add_argument("votes", type=Path)
    parser.add_argument("--faces", type=int, default=1000)
    options = parser.parse_args()
    print_machine()
    dataset = load_fer2013(options.pixels, options.votes).split("PrivateTest")
    labels = dataset.strict_majority()
    random = np.random.default_rng(0)
    known = np.flatnonzero((labels >= 0) & (labels < 7))
    rows = random.choice(known, min(options.faces, len(known)), replace=False)
    faces, labels = dataset.images[rows], labels[rows]
    recognizer = get_recognizer()
    print(f"`{recognizer.model_name}`, {len(faces):,} faces\n")
    table, scores, rights, tops = [], [], [], []
    for name, measured, degrade in degradations(random):
        shots = [degrade(face) for face in faces]
        right, top = answers(recognizer, shots, labels)
        measures = [measure(crop(*shot), shot[1], *shot[0].shape[::-1]) for shot in shots]
        quality = np.array([rate(each).score for each in measures])
        value = np.median([getattr(each, measured) for each in measures]) if measured else None
        table.append(
            [
                name,
                *(f"{right.mean():.3f}", f"{top.mean():.3f}"),
                "" if value is None else f"{measured} {value:.3g}",
                f"{quality.mean():.2f}",
                f"{(quality < MIN_QUALITY).mean():.0%}",
            ]
        )
        if measured:
            scores.append(quality)
            rights.append(right)
            tops.append(top)
    print_table(["faces", "right", "said", "measure", "score", f"< {MIN_QUALITY}"], table)
    print()
    print_by_score(np.concatenate(scores), np.concatenate(rights), np.concatenate(tops))


def answers(
    recognizer: Recognizer, shots: list[Shot], labels: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Whether each answer is right, and its probability."""
    chances = recognizer.classify([crop(*shot) for shot in shots])
    return chances.argmax(axis=1) == labels, chances.max(axis=1)


def print_by_score(
    scores: NDArray[np.float64], right: NDArray[np.bool_], top: NDArray[np.float32]
) -> None:
    edges = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.01)
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = (scores >= low) & (scores < high)
        if inside.any():
            stated = f"{right[inside].mean():.3f}", f"{top[inside].mean():.3f}"
            rows.append([f"{low:.2f} to {min(high, 1):.2f}", str(int(inside.sum())), *stated])
    print_table(["score", "faces", "right", "said"], rows)


def degradations(
    random: np.random.Generator,
) -> list[tuple[str, str, Callable[[Face], Shot]]]:
    """Name, the measure that should see it, and the degradation."""
    made: list[tuple[str, str, Callable[[Face], Shot]]] = [("as they are", "sharpness", whole)]
    for side in (40, 32, 24, 20, 16, 12, 8):
        made.append((f"{side} pixels", "side", lambda face, to=side: whole(smaller(face, to))))
    for sigma in (0.5, 0.8, 1.2, 1.6, 2.0, 3.0, 4.0):
        made.append(
            (f"blur {sigma:g}", "sharpness", lambda face, by=sigma: whole(blurred(face, by)))
        )
    for gain in (0.5, 0.25, 0.12, 0.08, 0.05):
        made.append(
            (f"light x {gain:g}", "highlight", lambda face, by=gain: whole(dark(face, by, random)))
        )
    for gain in (1.5, 2.0, 3.0, 5.0):
        made.append((f"light x {gain:g}", "clipped", lambda face, by=gain: whole(bright(face, by))))
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        made.append((f"cut below {share:g}", "below", lambda face, by=share: cut_below(face, by)))
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        made.append((f"cut above {share:g}", "beyond", lambda face, by=share: cut_above(face, by)))
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        made.append((f"cut beside {share:g}", "beyond", lambda face, by=share: cut_left(face, by)))
    for name, rows, columns in (
        ("mouth covered", slice(29, 48), slice(None)),
        ("eyes covered", slice(8, 25), slice(None)),
        ("left half covered", slice(None), slice(0, 24)),
    ):
        made.append((name, "", lambda face, y=rows, x=columns: whole(covered(face, y, x, random))))
    for angle in (15, 30, 45, 60):
        made.append((f"rolled {angle}°", "", lambda face, by=angle: whole(rolled(face, by))))
    for angle in (30, 45, 60, 75):
        made.append((f"turned {angle}°", "", lambda face, by=angle: whole(turned(face, by))))
    return made


def whole(face: Face) -> Shot:
    return face, Box(0, 0, face.shape[1], face.shape[0])


def cut_below(face: Face, share: float) -> Shot:
    lost = round(face.shape[0] * share)
    return face[: face.shape[0] - lost], Box(0, 0, *face.shape)


def cut_above(face: Face, share: float) -> Shot:
    lost = round(face.shape[0] * share)
    return face[lost:], Box(0, -lost, *face.shape)


def cut_left(face: Face, share: float) -> Shot:
    lost = round(face.shape[1] * share)
    return face[:, lost:], Box(-lost, 0, *face.shape)


def smaller(face: Face, side: int) -> Face:
    return np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def blurred(face: Face, sigma: float) -> Face:
    """`sigma` is in pixels of a face of 48."""
    return np.asarray(
        cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.uint8
    )


def dark(face: Face, gain: float, random: np.random.Generator) -> Face:
    """Less light, with the noise of a small sensor: shot noise, and 1.4 levels of its own."""
    levels = face * gain
    return to_levels(levels + random.normal(0, np.sqrt(2 + 0.15 * levels)))


def bright(face: Face, gain: float) -> Face:
    return to_levels(face * gain)


def covered(face: Face, rows: slice, columns: slice, random: np.random.Generator) -> Face:
    face = face.copy()
    face[rows, columns] = random.integers(0, 256)
    return face


def rolled(face: Face, angle: float) -> Face:
    """Turned in the picture's plane."""
    side = face.shape[0]
    warp = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, 1)
    return np.asarray(
        cv2.warpAffine(face, warp, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def turned(face: Face, angle: float) -> Face:
    """Turned to the side, as if the face lay on a cylinder."""
    side = face.shape[0]
    seen = np.arcsin((np.arange(side) + 0.5) * 2 / side - 1) + np.radians(angle)
    columns = (np.sin(np.minimum(seen, np.pi / 2)) + 1) * side / 2 - 0.5
    across = np.tile(columns.astype(np.float32), (side, 1))
    down = np.tile(np.arange(side, dtype=np.float32)[:, None], (1, side))
    return np.asarray(
        cv2.remap(face, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def to_levels(values: NDArray[np.floating]) -> Face:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
