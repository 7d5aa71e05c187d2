"""Seconds and memory to load fer2013.csv: our loader, and pandas as notebooks use it.

    .venv/bin/python -m benchmarks.datasets --data DIR [--rounds 3]

DIR holds fer2013.csv. Every loading has a process of its own; its time leaves out the imports, its
memory is the process's largest. All must give the same pixels and expressions. pandas is not among
the product's packages: `.venv/bin/python -m pip install pandas` adds it, else it is left out.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table

# Nothing large is imported above: a process's largest memory starts at that of its parent.

OURS = """
from mlcore.datasets.fer2013 import load_fer2013
def load(path):
    dataset = load_fer2013(path)
    return dataset.images, dataset.labels
"""

FROMSTRING = """
import numpy as np, pandas as pd
def load(path):
    table = pd.read_csv(path)
    pixels = table["pixels"].apply(lambda text: np.fromstring(text, dtype=int, sep=" "))
    return np.stack(pixels).reshape(-1, 48, 48), table["emotion"].to_numpy()
"""

SPLIT = """
import numpy as np, pandas as pd
def load(path):
    table = pd.read_csv(path)
    faces = []
    for text in table["pixels"].tolist():
        face = [int(pixel) for pixel in text.split(" ")]
        faces.append(np.asarray(face).reshape(48, 48).astype("float32"))
    return np.asarray(faces), table["emotion"].to_numpy()
"""

MEASURE = """
import hashlib, json, pathlib, resource, sys, time
path = pathlib.Path(sys.argv[1])
path.read_bytes()  # so that nobody waits for the disk
started = time.monotonic()
faces, labels = load(path)
seconds = time.monotonic() - started
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
content = faces.astype("uint8").tobytes() + labels.astype("int64").tobytes()
assert (faces == faces.astype("uint8")).all()
print(json.dumps([seconds, peak / 1e6, [*faces.shape, hashlib.sha256(content).hexdigest()]]))
"""


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print_machine()
    ways = {"ours, each row checked": OURS}
    if importlib.util.find_spec("pandas"):
        ways["pandas, np.fromstring on each row"] = FROMSTRING
        ways["pandas, int() on each pixel"] = SPLIT
    else:
        print(f"Without pandas: `{sys.executable} -m pip install pandas` adds it.\n")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    memory: dict[str, list[float]] = {name: [] for name in ways}
    content = None
    for _ in range(options.rounds):
        for name, code in ways.items():
            time, peak, found = load_apart(code, options.data / "fer2013.csv")
            assert content in (None, found), f"{name}: {found} instead of {content}"
            content = found
            seconds[name].append(time)
            memory[name].append(peak)
    assert content is not None, "no round was asked for"
    times = {name: statistics.median(values) for name, values in seconds.items()}
    peaks = {name: statistics.median(values) for name, values in memory.items()}
    ours = next(iter(ways))
    print_table(
        [f"fer2013.csv, {content[0]:,} faces", "seconds", "times ours", "peak MB", "times ours"],
        [
            [
                name,
                f"{times[name]:.1f}",
                f"{times[name] / times[ours]:.2f}",
                f"{peaks[name]:,.0f}",
                f"{peaks[name] / peaks[ours]:.2f}",
            ]
            for name in ways
        ],
    )


def load_apart(code: str, path: Path) -> tuple[float, float, list[object]]:
    """Seconds, peak in MB, and what tells whether the same was loaded."""
    result = subprocess.run(
        [sys.executable, "-c", code + MEASURE, path], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, peak, found = json.loads(result.stdout)
    return seconds, peak, found


if __name__ == "__main__":
    main()
