"""docs/model-card.md: what must be known of the model that the product comes with.

Every figure in it comes from a measurement: of the model's own metadata, or of one that the
command made a moment ago.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcore.abstention import ACCURACY, COVERAGE
from mlcore.artifacts import Metadata
from mlcore.cards import LIMITS, NOT_FOR, risk_rows
from mlcore.conditions import ConditionResult
from mlcore.datasets.faces import TEST, VALIDATION
from mlcore.reports import measure_rows
from mlcore.wild import COUNTED, FEW, GroupResult, WildReport

IMAGES = {
    "confusion": "model-card-confusion.png",
    "reliability": "model-card-reliability.png",
    "risk_coverage": "model-card-risk-coverage.png",
}
"""The files beside the page, in `images/`."""

MUST_NOT = (
    "to decide about people: who is hired, taught, insured, treated, let in or searched. In the "
    "European Union, inferring emotions of people at work or in education is forbidden "
    "(Regulation (EU) 2024/1689, Article 5(1)(f))",
    "to say what somebody feels, intends, or whether they lie: it names what a face shows",
    "to diagnose or to measure health",
    "on people who do not know of it, or who were not asked",
    "to know who somebody is, or their age, sex or origin: it was not made for it",
    "as the only ground of any statement about a single person: of ten answers that it is sure "
    "enough to give, about one is not what most people say",
)


OVERCONFIDENT = 0.1
"""How far the stated probability may be above the share of right answers before the page warns."""


@dataclass(frozen=True)
class CardParts:
    """What the page is made of beside the metadata.

    Attributes:
        conditions: of faces made worse.
        export_loss: {head: share of right answers lost by the export}, None if not measured.
        wild: of whole pictures, None if there were none.
        detector: its name, for `wild`.
    """

    conditions: Sequence[ConditionResult]
    export_loss: Mapping[str, float] | None
    wild: WildReport | None
    detector: str


def card_page(metadata: Metadata, parts: CardParts) -> str:
    """The page in Markdown; it shows the pictures of `IMAGES`."""
    test = metadata.scores[TEST]
    sections = [
        _head(metadata),
        _uses(),
        _data(metadata),
        _protocol(metadata),
        _scores(metadata),
        _by_expression(test),
        _calibration(metadata, test),
        _abstention(metadata, test),
        _conditions(parts.conditions),
        _wild(parts.wild, parts.detector),
        _export(metadata.precision, parts.export_loss),
        ["## Limits", "", LIMITS, ""],
    ]
    return "\n".join(line for section in sections for line in section)


def _head(metadata: Metadata) -> list[str]:
    size, channels = metadata.preprocessing.size, metadata.preprocessing.channels
    names = ", ".join(metadata.labels[next(iter(metadata.heads))][:7])
    return [
        f"# Model card: {metadata.name}",
        "",
        'Written by `manage.py model_card`; do not edit. After Mitchell et al. 2019, "Model cards '
        'for model reporting" (https://arxiv.org/abs/1810.03993).',
        "",
        "| | |",
        "|---|---|",
        f"| version | `{metadata.version}`; every record keeps it as `{metadata.name} "
        f"{metadata.version}` |",
        f"| what it does | gives each of seven expressions ({names}) of a face a probability |",
        f"| architecture | `{metadata.architecture}`, {metadata.parameters:,} parameters, "
        f"{metadata.multiply_adds:,} multiply-adds for one look at a face |",
        f"| input | {size}x{size}, {'grey' if channels == 1 else 'RGB'}; "
        f"{len(metadata.views.zooms) * (2 if metadata.flip else 1)} looks at each face are "
        "averaged (mirror image, zooms) |",
        f"| trained | {metadata.trained_at or metadata.created_at}, {metadata.hardware} |",
        f"| calibrated, measured | {metadata.created_at} |",
        f"| licence | {metadata.licence} |",
        "",
    ]


def _uses() -> list[str]:
    return [
        "## What it is for, and what it must not be used for",
        "",
        "It is for looking at one's own pictures, for teaching, for research with people who "
        "agreed, and for practising expressions.",
        "",
        f"{NOT_FOR} It must not be used",
        "",
        *(f"- {use};" for use in MUST_NOT[:-1]),
        f"- {MUST_NOT[-1]}.",
        "",
    ]


def _data(metadata: Metadata) -> list[str]:
    return [
        "## Data and licences",
        "",
        "| data | split | licence | source |",
        "|---|---|---|---|",
        *(
            f"| {data.name} | {data.split} | {data.licence} | {data.source} |"
            for data in metadata.data
        ),
        "",
        "No face of them is part of this repository.",
        "",
    ]


def _protocol(metadata: Metadata) -> list[str]:
    recipe = metadata.recipe
    lowest, highest = _standard_errors(metadata.scores[TEST])
    return [
        "## Protocol",
        "",
        f"Trained on Training, everything chosen on {VALIDATION} (the epoch, the looks, mixture, "
        f"temperatures and threshold), measured on {TEST}. One seed ({recipe.get('seed', 1)}), no "
        "ensemble. What is measured is the exported network, with the answer that the product "
        f"gives. {TEST} holds faces that are to the pixel in Training: each figure stands beside "
        "the one without them. One standard error of the shares of right answers below is "
        f"{lowest:.2f} to {highest:.2f} points; another seed would move them too.",
        "",
        "The FER+ majority is that of its authors (Barsoum et al. 2016): votes of a single person "
        "are dropped, and a face counts if more than half of those left agree. *The votes* are the "
        "shares of the seven expressions among those left, without contempt; for the calibration "
        "error of the answer and its diagram, with contempt, which no answer can be.",
        "",
    ]


def _standard_errors(report: Mapping[str, Any]) -> tuple[float, float]:
    """The smallest and the largest of the accuracies on all faces, in points."""
    errors = [
        100 * (cell["value"] * (1 - cell["value"]) / cell["faces"]) ** 0.5
        for name, cell in report["all"].items()
        if name.startswith(("fer2013", "ferplus", "served", "sure")) and cell["faces"]
    ]
    return min(errors), max(errors)


def _scores(metadata: Metadata) -> list[str]:
    lines = ["## Figures", ""]
    for split in (TEST, VALIDATION):
        if split not in metadata.scores:
            continue
        lines += [
            f"{split}, and without the faces that Training knows:",
            "",
            "| measure | faces | value | faces | value |",
            "|---|---|---|---|---|",
            *(
                f"| {words} | {faces:,} | {value:.4f} | {fresh:,} | {fresh_value:.4f} |"
                for words, faces, value, fresh, fresh_value in measure_rows(metadata.scores[split])
            ),
            "",
        ]
    return lines


def _by_expression(report: Mapping[str, Any]) -> list[str]:
    recall = report["recall"]
    served = recall.get("served")
    names = list(recall["fer2013"])
    lines = [f"## By expression, {TEST}", ""]
    if served is None:
        lines += ["| expression | faces | found |", "|---|---|---|"]
        lines += [
            f"| {name} | {recall['fer2013'][name]['faces']:,} "
            f"| {recall['fer2013'][name]['value']:.1%} |"
            for name in names
        ]
    else:
        lines += [
            "| expression | faces by FER+ majority | found by the served answer "
            "| faces by FER2013 label | found by the FER2013 head |",
            "|---|---|---|---|---|",
            *(
                f"| {name} | {served[name]['faces']:,}{_few(served[name]['faces'])} "
                f"| {served[name]['value']:.1%} | {recall['fer2013'][name]['faces']:,} "
                f"| {recall['fer2013'][name]['value']:.1%} |"
                for name in names
            ),
        ]
    counts = report.get("confusion_served", report["confusion"])
    lines += [
        "",
        "A row for each majority, a column for each served answer:"
        if "confusion_served" in report
        else "A row for each label, a column for each answer:",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        *(
            f"| {name} | {' | '.join(f'{count:,}' for count in row)} |"
            for name, row in zip(names, counts, strict=True)
        ),
        "",
        f"![Confusion matrix](images/{IMAGES['confusion']})",
        "",
    ]
    return lines


def _calibration(metadata: Metadata, report: Mapping[str, Any]) -> list[str]:
    calibration, trust = metadata.calibration, report["reliability"]
    mixture = ", ".join(f"{head} {share:g}" for head, share in calibration.mixture.items())
    temperatures = ", ".join(
        f"{head} {calibration.temperatures[head]:.3f}" for head in calibration.mixture
    )
    lines = [
        "## Can its probabilities be believed?",
        "",
        f"Mixture of heads: {mixture}; temperatures: {temperatures}; fitted on "
        f"{calibration.fitted_on}. The probabilities of the API are the calibrated ones.",
        "",
        f"Expected calibration error on {TEST}, 15 bins, against {trust['against']}: "
        f"{trust['error']:.4f}.",
        "",
    ]
    if "kl_votes" in report["all"]:
        divergences = {name: report["all"][name] for name in ("kl_votes", "js_votes")}
        lines += [
            f"From how ten people voted on a face ({divergences['kl_votes']['faces']:,} faces), "
            f"the probabilities are {divergences['kl_votes']['value']:.3f} nats away on average "
            f"(Kullback-Leibler), or {divergences['js_votes']['value']:.3f} (Jensen-Shannon, at "
            "most 0.693).",
            "",
        ]
    return [*lines, f"![Reliability diagram](images/{IMAGES['reliability']})", ""]


def _abstention(metadata: Metadata, report: Mapping[str, Any]) -> list[str]:
    lines = ['## When it says "uncertain"', ""]
    found = metadata.abstention
    if found is None:
        lines += ["It always answers: no threshold was fitted.", ""]
    else:
        lines += [
            f"Below a probability of {found['threshold']:.2f}. That is the smallest hundredth at "
            f"which {ACCURACY:.0%} of the answers given are right, as long as {COVERAGE:.0%} of "
            f"the faces get one. On {found['fitted_on']}, {found['coverage']:.1%} of the faces are "
            f"answered, {found['accuracy']:.1%} of them right instead of "
            f"{found['accuracy_without']:.1%}.",
            "",
        ]
        whole = report["all"]
        given, every = (
            ("sure_ferplus", "served_ferplus")
            if "sure_ferplus" in whole
            else (
                "sure_fer2013",
                "served_fer2013",
            )
        )
        lines += [
            f"On {TEST}: {whole['answered']['value']:.1%} of {whole['answered']['faces']:,} faces "
            f"are answered; of those that can be judged {whole[given]['value']:.1%} right "
            f"({whole[given]['faces']:,} faces) instead of {whole[every]['value']:.1%} "
            f"({whole[every]['faces']:,}).",
            "",
        ]
    return [
        *lines,
        *risk_rows(report["risk_coverage"]),
        "",
        f"![Risk over coverage](images/{IMAGES['risk_coverage']})",
        "",
    ]


def _conditions(results: Sequence[ConditionResult]) -> list[str]:
    return [
        "## Dark, blurred, turned, small and hidden faces",
        "",
        f"{results[0].faces:,} faces of {TEST}, drawn evenly, made worse by the program: the same "
        "ones in every row, cut out already. Whether the detector would still find such a face is "
        "another question. Faces that are turned away from the camera cannot be made this way and "
        "are not measured.",
        "",
        "| faces | right | mean recall | mean stated probability | uncertain | right where not "
        "uncertain |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.condition} | {row.accuracy:.1%} | {row.recall:.1%} | {row.stated:.1%} "
            f"| {row.uncertain:.1%} | {row.accuracy_sure:.1%} |"
            for row in results
        ),
        "",
        *_blind(results),
        "",
    ]


def _blind(results: Sequence[ConditionResult]) -> list[str]:
    """The conditions that the model does not notice."""
    blind = [row.condition for row in results if row.stated - row.accuracy > OVERCONFIDENT]
    if not blind:
        return ["In none of them does it state more than it keeps by ten points."]
    return [
        "It does not notice that it sees badly, and states at least ten points more than it keeps: "
        + "; ".join(blind)
        + ". There neither its probabilities nor its threshold can be relied on."
    ]


def _wild(report: WildReport | None, detector: str) -> list[str]:
    lines = ["## Whole pictures, skin tones and light", ""]
    if report is None:
        return [*lines, "Not measured for this version.", ""]
    lines += [
        "Pictures of a set (`wild`, muxspace/facial_expressions) that nothing here was trained or "
        f"tuned on, through the whole chain: the detector `{detector}`, the crop, the "
        f"network. Of the labels {', '.join(COUNTED)}; those for disgust and fear are too noisy, "
        "the others may be wrong too. A face is found in "
        f"{report.found:,} of {report.pictures:,} pictures; the shares are of those.",
        "",
        "| expression | faces | right |",
        "|---|---|---|",
        *(
            f"| {name} | {faces:,}{_few(faces)} | {share:.1%} |"
            for name, (faces, share) in report.by_label.items()
        ),
        "",
    ]
    for division, groups in report.groups.items():
        lines += [
            f"| {division} | faces | people | right | 95 % interval | mean recall | uncertain |",
            "|---|---|---|---|---|---|---|",
            *(_group_row(group) for group in groups),
            "",
        ]
    return [
        *lines,
        f"\\* fewer than {FEW} faces: too few to say anything. \\*\\* of at least one expression "
        f"fewer than {FEW} faces: the mean recall is uncertain. People are counted by the files' "
        "names. *Uncertain* is what the product says, by probability or by the picture's quality.",
        "",
        *_about_skin(report.groups["skin tone"]),
        "",
    ]


def _about_skin(groups: Sequence[GroupResult]) -> list[str]:
    """What the tables say of skin tones, and what they do not."""
    *tones, grey = groups
    told = sum(group.faces for group in tones)
    lines = [
        "Skin tone is the individual typology angle of the cheeks (Chardon et al. 1991), measured "
        "in photos whose light and white balance nobody controlled: a pale face in the evening sun "
        "counts as tan, and a dark one under a flash as lighter. It can be told for "
        f"{told:,} faces; the other {grey.faces:,} have no colour of skin, and of their cheeks "
        "only the lightness is known, in which skin and light are one.",
    ]
    if any(group.faces < FEW or group.people < FEW for group in tones):
        lines += [
            "",
            f"**So this set cannot say whether the model is fair:** not every skin tone has {FEW} "
            f"faces of {FEW} people in it. What a few people show in a few pictures is not what a "
            "skin tone shows, and neither a gap between the groups nor the lack of one proves "
            "anything.",
        ]
    return lines


def _group_row(group: GroupResult) -> str:
    if not group.faces:
        return f"| {group.group} | 0 \\* | 0 | - | - | - | - |"
    low, high = group.interval
    few = " \\*\\*" if group.fewest < FEW else ""
    return (
        f"| {group.group} | {group.faces:,}{_few(group.faces)} | {group.people:,} "
        f"| {group.accuracy:.1%} "
        f"| {low:.1%} to {high:.1%} | {group.recall:.1%}{few} | {group.uncertain:.1%} |"
    )


def _few(faces: int) -> str:
    return " \\*" if faces < FEW else ""


def _export(precision: str, lost: Mapping[str, float] | None) -> list[str]:
    lines = ["## What the export costs", ""]
    if lost is None:
        return [*lines, "Not measured: that needs TensorFlow.", ""]
    return [
        *lines,
        f"Share of right answers on {VALIDATION}, one crop, that the exported network (LiteRT, "
        f"{precision}) has less than the one that was trained (a minus means more): "
        + ", ".join(f"{head} {100 * loss:+.2f} points" for head, loss in lost.items())
        + ".",
        "",
    ]
