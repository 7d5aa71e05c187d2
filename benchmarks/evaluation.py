"""Faces per second to evaluate the packaged model: as `evaluate_model` does, and by Keras.

    .venv/bin/python -m benchmarks.evaluation --data DIR [--faces 35887] [--rounds 1]

DIR holds fer2013.csv, and fer2013new.csv if the votes are to be judged too. Ours is
`mlcore.evaluation` with the exported network: every look at each face, all measures, and the
search for faces that Training has too. Beside it, in the same run, `keras.Model.predict` of the
same network on the same looks, and no more than the accuracy of their average. Neither time holds
the reading of the csv. Whoever has no Keras gets the first row.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from mlcore.artifacts import WEIGHTS, Metadata, load_metadata, read_verified
from mlcore.calibration import softmax
from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.datasets.protocols import load_protocol
from mlcore.errors import TrainingDependencyError
from mlcore.evaluation import evaluate
from mlcore.network import Network

MODEL = Path(__file__).resolve().parent.parent / "mlcore" / "models" / "compact_vgg"
TOLERANCE = 2e-3
"""By how much the accuracies may differ: the exported weights are in half precision."""

Way = Callable[[FaceDataset], float]
"""From faces to the share of right answers of the FER2013 head."""


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=35_887)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print_machine()
    metadata = load_metadata(MODEL)
    everything = load_protocol("fer2013", options.data, 0, metadata.preprocessing)
    faces = spread(everything, options.faces)
    ways = {
        "as `evaluate_model`, exported network": ours(metadata, everything.split(TRAINING)),
        **by_keras(metadata),
    }
    warm_up = spread(everything, 256)
    for way in ways.values():
        way(warm_up)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    accuracies = {}
    for _ in range(options.rounds):
        for name, way in ways.items():
            started = time.monotonic()
            accuracies[name] = way(faces)
            seconds[name].append(time.monotonic() - started)
    assert np.ptp(list(accuracies.values())) < TOLERANCE, accuracies
    times = {name: statistics.median(values) for name, values in seconds.items()}
    first = next(iter(times.values()))
    looks = len(metadata.views.of(faces.images[:1]))
    print_table(
        [
            f"{metadata.name}, {len(faces):,} faces, {looks} looks at each",
            "seconds",
            "faces per second",
            "times ours",
            "FER2013 right",
        ],
        [
            [
                name,
                f"{times[name]:.1f}",
                f"{len(faces) / times[name]:,.0f}",
                f"{times[name] / first:.2f}",
                f"{accuracies[name]:.2%}",
            ]
            for name in ways
        ],
    )


def spread(dataset: FaceDataset, count: int) -> FaceDataset:
    """So many faces, from all splits."""
    count = min(count, len(dataset))
    return dataset.take(np.arange(count) * len(dataset) // count)


def ours(metadata: Metadata, training: FaceDataset) -> Way:
    def way(faces: FaceDataset) -> float:
        content = read_verified(MODEL, metadata)
        report = evaluate(
            Network(content, metadata.heads, num_threads=os.cpu_count() or 1),
            metadata.preprocessing,
            metadata.calibration,
            views=metadata.views,
            dataset=faces,
            training=training,
        )
        return float(report["all"]["fer2013_views"]["value"])

    return way


def by_keras(metadata: Metadata) -> dict[str, Way]:
    try:
        from mlcore.backend import keras
    except TrainingDependencyError as error:
        print(f"Without Keras. {error}\n")
        return {}
    model = keras.saving.load_model(MODEL / WEIGHTS, compile=False)

    def way(faces: FaceDataset) -> float:
        chances = np.zeros((len(faces), metadata.heads["fer2013"]))
        for look in metadata.views.of(faces.images):
            logits = model.predict(metadata.preprocessing.to_input(look), verbose=0)
            chances += softmax(logits["fer2013"])
        return float((chances.argmax(axis=1) == faces.labels).mean())

    return {f"`keras.Model.predict` on {keras.backend.backend()}": way}


if __name__ == "__main__":
    main()
