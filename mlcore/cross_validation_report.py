"""What a cross-validation measured, as JSON and as a page; no figure in it is typed by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.cross_validation import Fold
from mlcore.datasets.faces import FaceDataset
from mlcore.labels import EXPRESSIONS
from mlcore.recipes.base import Recipe

LOOKS: Mapping[str, str] = {"one_crop": "one crop", "views": "mean over views"}
"""The two answers to each face, and their words."""

Report = dict[str, Any]


def seed_report(seed: int, dataset: FaceDataset, folds: Sequence[Fold]) -> Report:
    """The measurements of one run over all folds.

    Returns:
        `seed`; `folds`, {fold, people, faces, training_faces, minutes, one_crop, views} with the
        accuracies of both looks; of each look {mean, deviation, pooled, recall, confusion}: mean
        and sample standard deviation over the folds, right answers among all faces together,
        recall of the expressions that have faces, (7, 7) counts with a row for each label;
        `minutes` of all folds; `hardware`.
    """
    people = dataset.subjects
    rows = []
    for fold in folds:
        members = fold.rows
        labels = dataset.labels[members]
        row: Report = {
            "fold": fold.number,
            "people": 0 if people is None else len(np.unique(people[members])),
            "faces": len(members),
            "training_faces": fold.training_faces,
            "minutes": fold.minutes,
        }
        for look in LOOKS:
            row[look] = round(float((np.array(getattr(fold, look)) == labels).mean()), 4)
        rows.append(row)
    labels = np.concatenate([dataset.labels[fold.rows] for fold in folds])
    measured = {}
    for look in LOOKS:
        answers = np.concatenate([getattr(fold, look) for fold in folds])
        shares = [row[look] for row in rows]
        measured[look] = {
            "mean": round(float(np.mean(shares)), 4),
            "deviation": round(float(np.std(shares, ddof=1)), 4),
            "pooled": round(float((answers == labels).mean()), 4),
            "recall": {
                name: round(float((answers == index)[labels == index].mean()), 4)
                for index, name in enumerate(EXPRESSIONS)
                if (labels == index).any()
            },
            "confusion": _confusion(answers, labels).tolist(),
        }
    return {
        "seed": seed,
        "folds": rows,
        **measured,
        "minutes": round(sum(fold.minutes for fold in folds), 1),
        "hardware": ", then ".join(dict.fromkeys(fold.hardware for fold in folds)),
    }


def cross_validation_report(
    recipe: Recipe, dataset: FaceDataset, seeds: Sequence[Report], command: str
) -> Report:
    """`seed_report` of each seed, with what they share: recipe, faces, and what they came to."""
    counts = np.bincount(dataset.labels, minlength=len(EXPRESSIONS)).tolist()
    over_seeds = {}
    for look in LOOKS:
        means = [seed[look]["mean"] for seed in seeds]
        over_seeds[look] = {
            "mean": round(float(np.mean(means)), 4),
            "lowest": min(means),
            "highest": max(means),
        }
    return {
        "recipe": recipe.to_dict(),
        "command": command,
        "faces": len(dataset),
        "people": 0 if dataset.subjects is None else len(np.unique(dataset.subjects)),
        "by_expression": dict(zip(EXPRESSIONS, counts, strict=True)),
        "seeds": list(seeds),
        "over_seeds": over_seeds,
    }


def cross_validation_page(report: Report) -> str:
    """The report in Markdown."""
    recipe, seeds = report["recipe"], report["seeds"]
    folds = len(seeds[0]["folds"])
    missing = [name for name, count in report["by_expression"].items() if not count]
    start = recipe["start_from"]
    begins = f"from the weights of `{start}`" if start else "from random weights"
    zooms = ""
    if len(recipe["zooms"]) > 1:
        zooms = f" at the zooms {', '.join(f'{zoom:g}' for zoom in recipe['zooms'])}"
    lines = [
        f"# {recipe['name']}: {folds} folds by person",
        "",
        "Written by the following command; do not edit.",
        "",
        "```sh",
        report["command"],
        "```",
        "",
        f"{report['faces']:,} faces of {report['people']} people. No person, and no copy of a "
        "face, is in two folds; the folds are drawn by the seed and dealt so that each gets its "
        "share of every expression. Each fold is tested once, by a network that learned from the "
        f"other {folds - 1} {begins} for {recipe['epochs']} epochs; nothing was selected by the "
        "tested fold: what answers is the last epoch's averaged weights. *One crop* is the face "
        f"as it is; *mean over views* is the mean answer to it and its mirror image{zooms}.",
        "",
        "| expression | faces |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in report["by_expression"].items()),
        f"| all | {report['faces']:,} |",
        "",
    ]
    if missing:
        lines += [
            f"The data shows no face of: {', '.join(missing)}. The network still chooses among "
            "seven, so such an answer is always wrong here. Contempt is left out.",
            "",
        ]
    lines += [
        "## Accuracy",
        "",
        "| seed | look | mean over folds | standard deviation | all faces together |",
        "|---|---|---|---|---|",
    ]
    for seed in seeds:
        for look, words in LOOKS.items():
            row = seed[look]
            lines.append(
                f"| {seed['seed']} | {words} | {_percent(row['mean'])} "
                f"| {row['deviation'] * 100:.2f} points | {_percent(row['pooled'])} |"
            )
    if len(seeds) > 1:
        for look, words in LOOKS.items():
            row = report["over_seeds"][look]
            lines.append(
                f"| mean of {len(seeds)} | {words} | **{_percent(row['mean'])}** "
                f"| from {_percent(row['lowest'])} to {_percent(row['highest'])} | |"
            )
    lines += ["", "## Folds", ""]
    for seed in seeds:
        lines += [
            f"Seed {seed['seed']}, {seed['minutes']:.0f} minutes on {seed['hardware']}:",
            "",
            "| fold | people | faces | learned from | one crop | mean over views | minutes |",
            "|---|---|---|---|---|---|---|",
            *(
                f"| {row['fold']} | {row['people']} | {row['faces']} | {row['training_faces']} "
                f"| {_percent(row['one_crop'])} | {_percent(row['views'])} "
                f"| {row['minutes']:.1f} |"
                for row in seed["folds"]
            ),
            "",
        ]
    lines += ["## By expression, one crop", "", *_expression_rows(report), ""]
    return "\n".join(lines)


def _expression_rows(report: Report) -> list[str]:
    """Recall by seed, and how often which answer was given, all seeds added up."""
    seeds = report["seeds"]
    shown = [name for name, count in report["by_expression"].items() if count]
    lines = [
        "".join(["| recall |", *(f" seed {seed['seed']} |" for seed in seeds)]),
        "|---" * (len(seeds) + 1) + "|",
    ]
    for name in shown:
        cells = [_percent(seed["one_crop"]["recall"][name]) for seed in seeds]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    confusion = np.sum([seed["one_crop"]["confusion"] for seed in seeds], axis=0)
    lines += [
        "",
        "Answers (columns) to each label (rows)"
        + (", all seeds added up:" if len(seeds) > 1 else ":"),
        "",
        f"| | {' | '.join(EXPRESSIONS)} |",
        "|---" * (len(EXPRESSIONS) + 1) + "|",
    ]
    for index, name in enumerate(EXPRESSIONS):
        if name in shown:
            lines.append(f"| {name} | {' | '.join(map(str, confusion[index]))} |")
    return lines


def _confusion(answers: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    count = len(EXPRESSIONS)
    return np.bincount(labels * count + answers, minlength=count**2).reshape(count, count)


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"
