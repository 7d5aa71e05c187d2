"""What `mlcore.evaluation` measured, as text for people."""

from collections.abc import Mapping
from typing import Any

MEASURES: Mapping[str, str] = {
    "fer2013": "FER2013 label, FER2013 head, one crop",
    "fer2013_flip": "FER2013 label, FER2013 head, with mirror image",
    "fer2013_views": "FER2013 label, FER2013 head, with all views served",
    "ferplus": "FER+ strict majority of 8, FER+ head, one crop",
    "ferplus_flip": "FER+ strict majority of 8, FER+ head, with mirror image",
    "ferplus_views": "FER+ strict majority of 8, FER+ head, with all views served",
    "served_fer2013": "FER2013 label, served answer",
    "served_ferplus": "FER+ strict majority of 7, served answer",
    "answered": "share of faces that are answered, the others being called uncertain",
    "sure_fer2013": "FER2013 label, served answer, where it is not uncertain",
    "sure_ferplus": "FER+ strict majority of 7, served answer, where it is not uncertain",
    "aurc_majority": "area under risk over coverage, majority of 7, served answer",
    "kl_votes": "Kullback-Leibler divergence of the served answer from the votes, in nats",
    "js_votes": "Jensen-Shannon divergence of the served answer and the votes, in nats",
    "nll_votes": "negative log-likelihood of the votes, served answer, in nats",
    "brier_votes": "Brier score against the votes, served answer",
    "ece_votes": "calibration error against the votes, served answer",
    "ece_classes": "calibration error of each expression against the votes, mean",
    "ece_majority": "calibration error against the majority, served answer",
    "ece_fer2013": "calibration error against the label, served answer",
}
"""Each measure in words: first shares of right answers, then errors, see `SMALLER_IS_BETTER`.

The votes are FER+'s without those of one person and, but for `ece_votes`, without contempt;
there, votes for contempt are votes against any answer. Divergences, likelihoods and scores are
means over faces, in natural logarithms. A report lacks what needs FER+ votes or a FER+ head where
there were none, what needs a threshold where the model had none, and what came later than itself.
"""

SMALLER_IS_BETTER = ("aurc", "kl", "js", "nll", "brier", "ece")
"""How the names of measures begin of which less is better."""


def measure_rows(report: Mapping[str, Any]) -> list[tuple[str, int, float, int, float]]:
    """A row for each measure: words, faces, value, faces without copies, value without them."""
    return [
        (words, whole["faces"], whole["value"], fresh["faces"], fresh["value"])
        for name, words in MEASURES.items()
        if name in report["all"]
        for whole, fresh in [(report["all"][name], report["without_copies"][name])]
    ]


def report_text(report: Mapping[str, Any]) -> str:
    """The report of one split as tables for a terminal."""
    width = max(map(len, MEASURES.values()))
    lines = [
        *_ensemble_lines(report),
        f"{report['split']}: {report['faces']:,} faces; on the right without those whose pixels, "
        "or whose person, are in Training",
        "",
        *(
            f"{words:<{width}}  {faces:>6,}  {value:.4f}   {fresh:>6,}  {fresh_value:.4f}"
            for words, faces, value, fresh, fresh_value in measure_rows(report)
        ),
        "",
        f"{'recall':<12}{'FER2013 head':>20}{'served, FER+ majority':>26}",
    ]
    recall = report["recall"]
    for name, own in recall["fer2013"].items():
        line = f"{name:<12}{own['faces']:>12,}  {own['value']:.3f}"
        if "served" in recall:
            served = recall["served"][name]
            line += f"{served['faces']:>19,}  {served['value']:.3f}"
        else:
            line += f"{'-':>26}"
        lines.append(line)
    names = list(recall["fer2013"])
    lines += ["", "FER2013 head, a row for each label:", ""]
    lines.append(" " * 10 + "".join(f"{name:>10}" for name in names))
    for name, row in zip(names, report["confusion"], strict=True):
        lines.append(f"{name:<10}" + "".join(f"{count:>10,}" for count in row))
    return "\n".join(lines)


def _ensemble_lines(report: Mapping[str, Any]) -> list[str]:
    """What must be said first where several models answered together."""
    if "models" not in report:
        return []
    names = ", ".join(model["name"] for model in report["models"])
    return [f"{names} together, at the temperature {report['temperature']:.2f}", ""]


def comparison_text(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """Reports of several models on the same faces, a column each; the best of a row is starred.

    Beside each value, in brackets, the same without the faces that leak.
    """
    first = next(iter(reports.values()))
    width = max(map(len, MEASURES.values()))
    lines = [
        f"{first['split']}: {first['faces']:,} faces; in brackets without those that leak",
        "",
        " " * width + "".join(f"{name:>24}" for name in reports),
    ]
    for measure, words in MEASURES.items():
        values = {
            name: (
                report["all"][measure]["value"],
                report["without_copies"][measure]["value"],
            )
            for name, report in reports.items()
            if measure in report["all"]
        }
        if not values:
            continue
        choose = min if measure.startswith(SMALLER_IS_BETTER) else max
        best = choose(value for value, _ in values.values())
        cells = [
            f"{values[name][0]:.4f}{'*' if values[name][0] == best else ' '}({values[name][1]:.4f})"
            if name in values
            else "-"
            for name in reports
        ]
        lines.append(f"{words:<{width}}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)
