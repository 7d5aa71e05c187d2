"""The model card: what a person should know before trusting a model (Mitchell et al. 2019,
https://arxiv.org/abs/1810.03993). Written from the metadata, so it cannot say anything else."""

from collections.abc import Mapping
from typing import Any

from mlcore.reports import measure_rows

LIMITS = (
    "It names the expression that a face shows, which is not what a person feels. Its faces come "
    "from web searches and were labelled by a few people from their own culture; ages, skin tones "
    "and head poses are not represented evenly, and disgust and fear are rare and recognised worst."
)
NOT_FOR = "Do not use it to decide about people."


def model_card(metadata: Mapping[str, Any]) -> str:
    """`README.md` for an artifact with this `metadata.json`."""
    calibration = metadata["calibration"]
    mixture = ", ".join(f"{head} {share:g}" for head, share in calibration["mixture"].items())
    temperatures = ", ".join(
        f"{head} {value:.2f}" for head, value in calibration["temperatures"].items()
    )
    size = metadata["preprocessing"]["size"]
    colour = "a grey" if metadata["preprocessing"]["channels"] == 1 else "an RGB or grey"
    lines = [
        f"# {metadata['name']} {metadata['version']}",
        "",
        f"Reads the expression of a face from {colour} square of {size}x{size} pixels: "
        f"{', '.join(metadata['labels']['fer2013'])}.",
        "",
        "| | |",
        "|---|---|",
        f"| architecture | {metadata['architecture']} |",
        f"| input | {size}x{size}x{metadata['preprocessing']['channels']} |",
        f"| parameters | {metadata['parameters']:,} |",
        f"| multiply-adds a face | {metadata['multiply_adds']:,} |",
        f"| exported weights | {metadata['precision']} |",
        f"| mixture of heads | {mixture} |",
        f"| temperatures | {temperatures}, fitted on {calibration['fitted_on']} |",
        f"| uncertain | {_uncertain(metadata)} |",
        f"| averaged over the mirror image | {'yes' if metadata['flip'] else 'no'} |",
        f"| averaged over zooms | {', '.join(f'{zoom:g}' for zoom in metadata['zooms'])} |",
        f"| trained | {_trained_at(metadata)}, {metadata['hardware']} |",
        f"| this version made | {metadata['created_at']} |",
        f"| licence | {metadata['licence']} |",
        "",
        "## Data",
        "",
        "| data | split | licence | source |",
        "|---|---|---|---|",
        *(
            f"| {data['name']} | {data['split']} | {data['licence']} | {data['source']} |"
            for data in metadata["data"]
        ),
        "",
        "## Scores of the exported network",
        "",
        *_head_names(metadata["recipe"].get("data", "fer2013")),
        *_scores(metadata["scores"]),
        "## Limits",
        "",
        f"{LIMITS} {NOT_FOR}",
        "",
    ]
    return "\n".join(lines)


def _head_names(protocol: str) -> list[str]:
    """Whose labels the head of labels learned, where they are not FER2013's."""
    if protocol.startswith("fer2013") and "ckplus" not in protocol:
        return []
    return [
        f"The labels are those of the protocol `{protocol}`; the head that learned them, and they "
        "themselves, are called FER2013's below.",
        "",
    ]


def _scores(scores: Mapping[str, Any]) -> list[str]:
    """A table for each split of what `mlcore.evaluation` reports."""
    lines = []
    for split, report in scores.items():
        lines += [
            f"{split}, and without the faces whose pixels, or whose person, are in Training:",
            "",
            "| measure | faces | value | faces | value |",
            "|---|---|---|---|---|",
            *(
                f"| {words} | {faces:,} | {value:.4f} | {fresh:,} | {fresh_value:.4f} |"
                for words, faces, value, fresh, fresh_value in measure_rows(report)
            ),
            "",
        ]
    return lines


def risk_rows(curve: Mapping[str, Any]) -> list[str]:
    """A Markdown table of the risk-coverage curve of a report."""
    return [
        f"Against {curve['against']}, {curve['faces']:,} faces; area under the curve "
        f"{curve['area']:.4f}.",
        "",
        "| faces answered | lowest probability | wrong among them |",
        "|---|---|---|",
        *(
            f"| {point['coverage']:.0%} | {point['threshold']:.3f} | {point['risk']:.2%} |"
            for point in curve["points"]
        ),
    ]


def _uncertain(metadata: Mapping[str, Any]) -> str:
    found = metadata.get("abstention")
    if found is None:
        return "never: no threshold was fitted"
    return (
        f"below {found['threshold']:.2f}; on {found['fitted_on']}, {found['coverage']:.1%} of the "
        f"faces are answered, {found['accuracy']:.1%} of them right instead of "
        f"{found['accuracy_without']:.1%}"
    )


def _trained_at(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("trained_at") or metadata["created_at"])
