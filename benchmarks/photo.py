"""One photo in the embedded default: from POST to the job being done, and the memory it takes.

    .venv/bin/python -m benchmarks.photo [--photos 60]

Starts `manage.py serve` in a data folder of its own and uploads a 1280x720 photo with one face,
one at a time. Beside it, in the same run: the same pipeline called in this process, without web
server, queue and database; and, for the memory, a process that serves the same network with Keras
on TensorFlow, as the earlier systems did.
"""

import io
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from tests.stack import Client, embedded

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "mlcore" / "tests" / "data" / "astronaut.jpg"
WARM_UP = 5

KERAS_SERVER = """
import os; os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy, psutil, sys
model = keras.saving.load_model(sys.argv[1])
model.predict(numpy.zeros((1, 48, 48, 1), "float32"), verbose=0)
print(psutil.Process().memory_info().rss)
"""


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--photos", type=int, default=60)
    photos = parser.parse_args().photos
    print_machine()
    photo = scene()
    alone = pipeline_alone(photo, photos)
    with (
        tempfile.TemporaryDirectory(prefix="expression-lab-benchmark-") as folder,
        embedded(Path(folder) / "data", UPLOAD_RATE="10000/min") as (program, address),
    ):
        client = Client(address, "benchmark")
        times = [post_to_done(client, photo) for _ in range(photos + WARM_UP)][WARM_UP:]
        memory = {
            name: [process.memory_info().rss for process in program.children(word)]
            for name, word in (("web", "gunicorn"), ("worker", "celery"))
        }
    print_table(
        [f"1280x720 photo with one face, {photos} times", "median", "95th percentile"],
        [
            ["POST to job done, embedded default", *quantiles(times)],
            ["the pipeline alone, in one process", *quantiles(alone)],
            [
                "ratio of the medians",
                f"{statistics.median(times) / statistics.median(alone):.1f}",
                "",
            ],
        ],
    )
    keras = keras_memory()
    print()
    print_table(
        ["resident memory", "MB", "share of a Keras server's"],
        [
            *(
                [
                    f"{name} ({len(sizes)} process{'es' if len(sizes) > 1 else ''})",
                    f"{sum(sizes) / 1e6:.0f}",
                    f"{sum(sizes) / keras:.2f}",
                ]
                for name, sizes in memory.items()
            ),
            ["the same network in Keras on TensorFlow, alone", f"{keras / 1e6:.0f}", "1"],
        ],
    )


def scene() -> bytes:
    """A 1280x720 JPEG with one face of about 140 pixels, on a smooth background."""
    noise = np.random.default_rng(0).integers(60, 200, (9, 16, 3), dtype=np.uint8)
    canvas = Image.fromarray(noise).resize((1280, 720), Image.Resampling.BICUBIC)
    head = Image.open(PORTRAIT).crop((64, 0, 384, 256))
    canvas.paste(head.resize((480, 384)), (400, 168))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def post_to_done(client: Client, photo: bytes) -> float:
    started = time.monotonic()
    job = client.finished(client.upload(photo), every=0.01)
    seconds = time.monotonic() - started
    record = client.json(f"/api/v1/records/{job['record']}/")
    assert (job["state"], record["face_count"]) == ("done", 1), record
    return seconds


def pipeline_alone(photo: bytes, count: int) -> list[float]:
    from mlcore.annotation import annotate
    from mlcore.pictures import decode_picture, encode_jpeg, encode_png
    from mlcore.recognizer import get_recognizer

    recognizer = get_recognizer()
    times = []
    for _ in range(count + WARM_UP):
        started = time.monotonic()
        pixels = decode_picture(photo)
        faces = recognizer.recognize(pixels)
        encode_jpeg(annotate(pixels, faces), 90)
        for face in faces:
            encode_png(face.crop)
        times.append(time.monotonic() - started)
    return times[WARM_UP:]


def keras_memory() -> int:
    from mlcore.recognizer import DEFAULT_MODEL

    model = ROOT / "mlcore" / "models" / DEFAULT_MODEL / "model.keras"
    result = subprocess.run(
        [sys.executable, "-c", KERAS_SERVER, model], capture_output=True, text=True, check=True
    )
    return int(result.stdout.splitlines()[-1])


def quantiles(times: list[float]) -> list[str]:
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return [f"{statistics.median(ordered) * 1e3:.0f} ms", f"{high * 1e3:.0f} ms"]


if __name__ == "__main__":
    main()
