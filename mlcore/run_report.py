"""What a finished training run leaves for people, beside the model itself.

    history.csv, curves.png     loss and accuracy by epoch
    confusion.png               counts and per cent of the row, on PrivateTest
    reliability.png             stated probabilities against right answers, on PrivateTest
    risk_coverage.png           wrong answers over the share of faces answered, on PrivateTest
    mistakes.png                the faces that it is most sure about and wrong
    leaks.csv                   the faces of PrivateTest that Training knows
    report.md, report.json      the figures

They stay in the run's folder: the mistakes show faces of the research data, which no model may
carry along.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mlcore.artifacts import Metadata
from mlcore.cards import model_card, risk_rows
from mlcore.datasets.faces import TEST, TRAINING, FaceDataset, known_from
from mlcore.evaluation import Report, served_reliability, served_risk
from mlcore.labels import EXPRESSIONS
from mlcore.tiles import face_tile

MISTAKES = 40

CURVES = {
    "loss": {"loss": "Training, augmented", "public_loss": "PublicTest"},
    "accuracy": {
        "accuracy": "labels, Training, augmented",
        "public_fer2013": "labels, PublicTest",
        "public_ferplus": "FER+ votes, PublicTest",
    },
}


def write_run_report(
    run_dir: Path,
    metadata: Metadata,
    history: Sequence[Mapping[str, float]],
    dataset: FaceDataset,
    served: NDArray[np.float32],
) -> None:
    """Write the report of a run into its folder.

    Args:
        run_dir: where history.csv and report.json are already.
        metadata: of the model that the run made.
        history: a row for each epoch.
        dataset: all faces of the run.
        served: (N, 7) the served probabilities of the faces of PrivateTest.

    Raises:
        TrainingDependencyError: matplotlib is not installed.
    """
    from mlcore import plots  # imports matplotlib

    training, dataset = dataset.split(TRAINING), dataset.split(TEST)
    plots.plot_curves(history, CURVES, run_dir / "curves.png")
    confusion = np.array(metadata.scores[TEST]["confusion"])
    plots.plot_confusion(confusion, run_dir / "confusion.png")
    trust, curve = served_reliability(dataset, served), served_risk(dataset, served)
    plots.plot_reliability(trust["bins"], trust["error"], run_dir / "reliability.png")
    threshold = None if metadata.abstention is None else metadata.abstention["threshold"]
    plots.plot_risk_coverage(
        curve["points"], curve["area"], run_dir / "risk_coverage.png", threshold
    )
    mistakes_sheet(dataset, served).save(run_dir / "mistakes.png")
    write_leaks(dataset, training, run_dir / "leaks.csv")
    text = [
        model_card(metadata.to_dict()).rstrip(),
        "",
        "## By expression, PrivateTest, FER2013 head with all views",
        "",
        *classification_rows(confusion),
        "",
        "## Answers withheld, PrivateTest",
        "",
        *risk_rows(curve),
        "",
        "## Faces that leak",
        "",
        *leak_lines(metadata.scores[TEST], metadata.recipe["data"]),
        "",
        "## Plots",
        "",
        "![Loss and accuracy by epoch](curves.png)",
        "![Confusion matrix of the FER2013 head](confusion.png)",
        f"![Reliability of the served answer against {trust['against']}](reliability.png)",
        f"![Risk over coverage, against {curve['against']}](risk_coverage.png)",
        "![The faces that it is most sure about and wrong](mistakes.png)",
        "",
    ]
    (run_dir / "report.md").write_text("\n".join(text))


def leak_lines(report: Report, protocol: str) -> list[str]:
    """What the faces that Training knows are worth in points, from the report of PrivateTest."""
    whole, fresh = (report[key]["fer2013"] for key in ("all", "without_copies"))
    leaks = whole["faces"] - fresh["faces"]
    if not leaks:
        return [f"None: by the protocol {protocol}, Training knows no face of PrivateTest."]
    lines = [
        f"By the protocol {protocol}, {leaks:,} of the {whole['faces']:,} faces of PrivateTest are "
        "known to Training: it holds the same pixels, or another picture of the person. "
        "`leaks.csv` names them."
    ]
    if fresh["faces"]:
        lines[0] += (
            f" One crop is right on {whole['value']:.2%} of all and on {fresh['value']:.2%} of the "
            f"others, so the leak is worth {(whole['value'] - fresh['value']) * 100:+.2f} points."
        )
    return lines


def write_leaks(dataset: FaceDataset, training: FaceDataset, path: Path) -> None:
    """Name each face of `dataset` that `training` knows, with its label and person, in a csv."""
    with open(path, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("face", "expression", "person"))
        for row in np.flatnonzero(known_from(dataset, training)).tolist():
            person = "" if dataset.subjects is None else dataset.subjects[row]
            writer.writerow((dataset.name_of(row), EXPRESSIONS[dataset.labels[row]], person))


def classification_rows(confusion: NDArray[np.int64]) -> list[str]:
    """Precision, recall and F1 of each expression as a Markdown table, from (7, 7) counts with a
    row for each label."""
    lines = ["| expression | precision | recall | F1 | faces |", "|---|---|---|---|---|"]
    scores = []
    for index, name in enumerate(EXPRESSIONS):
        right = confusion[index, index]
        recognised, labelled = confusion[:, index].sum(), confusion[index].sum()
        precision = right / recognised if recognised else 0.0
        recall = right / labelled if labelled else 0.0
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        scores.append((precision, recall, f1))
        lines.append(f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {labelled:,} |")
    means = " | ".join(f"{value:.3f}" for value in np.mean(scores, axis=0))
    return [*lines, f"| mean | {means} | {confusion.sum():,} |"]


def mistakes_sheet(dataset: FaceDataset, served: NDArray[np.float32]) -> Image.Image:
    """A sheet of the surest wrong answers: label, then what was recognised and how surely."""
    answers, sure = served.argmax(axis=1), served.max(axis=1)
    wrong = np.flatnonzero(answers != dataset.labels)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES]
    columns, tile, caption = 10, 96, 34
    rows = max(1, -(-len(worst) // columns))
    sheet = Image.new("RGB", (columns * (tile + 6) + 6, rows * (tile + caption) + 6), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for place, row in enumerate(worst):
        x, y = 6 + place % columns * (tile + 6), 6 + place // columns * (tile + caption)
        sheet.paste(face_tile(dataset.images[row], tile), (x, y))
        label, answer = EXPRESSIONS[dataset.labels[row]], EXPRESSIONS[answers[row]]
        draw.text((x, y + tile + 1), label, "#555555", font)
        draw.text((x, y + tile + 15), f"{answer} {sure[row]:.0%}", "#b00000", font)
    return sheet
