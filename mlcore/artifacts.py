"""A trained model as a folder that is whole or not there.

    model.tflite     what is served
    model.keras      the same network in full precision, to train on from
    metadata.json    everything one must know to use it and to judge it
    README.md        the same for people (model card)

More files, such as the training's history, may lie beside them. Nothing in it can run code.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mlcore.calibration import Calibration
from mlcore.cards import model_card
from mlcore.errors import ArtifactError
from mlcore.labels import EXPRESSIONS, FERPLUS_EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.views import Views

PACKAGED_MODELS = Path(__file__).parent / "models"
"""Models that come with the product."""

SCHEMA_VERSION = 1
EXPORTED, WEIGHTS, METADATA, CARD = "model.tflite", "model.keras", "metadata.json", "README.md"

PRECISIONS = ("int8", "float16", "float32")
"""What an exported network's weights may be stored in, the fastest first.

"int8" multiplies in eight bits too: with one scale for each filter, and between the layers with one
for each face, which LiteRT takes from that face. For `compact_vgg`, one thread of a processor with
AVX-512 VNNI: the milliseconds for 1, 2, 6 and 16 looks, and the accuracies of FER2013's head on
PublicTest and PrivateTest.

    float16               2.3   4.5   12.7   31.8   67.68 %   69.55 %
    int8                  0.4   0.7    2.4    7.5   67.73 %   69.49 %
    int8, fixed scales    0.4   0.8    2.3    5.5   67.73 %   69.27 %

Fixed scales, which were taken from 512 faces of Training, gain nothing for single faces, lose
accuracy, and make an export need data; so there are none.
"""

LABELS: Mapping[str, tuple[str, ...]] = {"fer2013": EXPRESSIONS, "ferplus": FERPLUS_EXPRESSIONS}
"""What the places of each head's logits mean."""

KEPT = ".history"
"""Where, beside the models, those that were replaced lie: `.history/<version>/<name>`."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class DataSource:
    """Data that a model was trained, selected or measured on."""

    name: str
    split: str
    licence: str
    source: str


@dataclass(frozen=True)
class Metadata:
    """What `metadata.json` holds.

    Attributes:
        name: also the folder's name.
        version: the day it was made and eight digits of the SHA-256 of all that its answers depend
            on: model.tflite and what is made of its logits, see `_fingerprint`.
        created_at: ISO 8601, UTC; when this version was made.
        trained_at: when its network was, where that was earlier: the version is a recalibration.
        options: what the architecture was built with beside its heads.
        heads: number of logits of each head, in the order in which the exported network's one
            output (N, sum) holds them.
        labels: the meaning of each head's logits.
        flip: whether answers are averaged over a face and its mirror image.
        zooms: over how much of enlargement they are averaged, see `mlcore.views`.
        abstention: the fields of `mlcore.abstention.Abstention`: below its `threshold` an answer
            is called uncertain. None for models from before there was one: they always answer.
        export_loss: by how much the exported network is less often right than the trained one,
            {head: share} on PublicTest, one crop; None where that was not recorded.
        precision: what the exported network's weights are stored in, of `PRECISIONS`.
        multiply_adds: of one face, in the convolutions and dense layers.
        recipe: all fields of the training run.
        scores: what `mlcore.evaluation` measured, by split.
        files: SHA-256 of every file but metadata.json and README.md.
    """

    name: str
    created_at: str
    architecture: str
    options: Mapping[str, Any]
    preprocessing: Preprocessing
    heads: Mapping[str, int]
    calibration: Calibration
    flip: bool
    parameters: int
    multiply_adds: int
    recipe: Mapping[str, Any]
    data: tuple[DataSource, ...]
    licence: str
    scores: Mapping[str, Any]
    hardware: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(LABELS))
    zooms: tuple[float, ...] = (1.0,)
    abstention: Mapping[str, Any] | None = None
    export_loss: Mapping[str, float] | None = None
    trained_at: str | None = None
    precision: str = "float16"
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def views(self) -> Views:
        """The looks at a face that an answer is averaged over."""
        return Views(flip=self.flip, zooms=self.zooms)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def save_artifact(folder: Path, metadata: Metadata, files: Mapping[str, Path]) -> Metadata:
    """Write a model's folder, replacing one of that name only once the new one is whole.

    Args:
        folder: its place; its name must be `metadata.name`.
        metadata: without version and files, which are filled in here.
        files: what to copy in, by the name it gets; `model.tflite` must be among them.

    Returns:
        The metadata as written.

    Raises:
        ArtifactError: something is missing or cannot be written; what was there before stays.
    """
    if EXPORTED not in files or folder.name != metadata.name or not _NAME.fullmatch(folder.name):
        raise ArtifactError(f"{folder} cannot be written as the model {metadata.name!r}.")
    unfinished = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, for a rename works only within one file system; the dot hides it.
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        for name, source in files.items():
            shutil.copyfile(source, unfinished / name)
        hashes = {name: _sha256((unfinished / name).read_bytes()) for name in sorted(files)}
        day = metadata.created_at[:10].replace("-", ".")
        version = f"{day}-{_fingerprint(metadata, hashes[EXPORTED])}"
        metadata = replace(metadata, version=version, files=hashes)
        (unfinished / METADATA).write_text(json.dumps(metadata.to_dict(), indent=2) + "\n")
        (unfinished / CARD).write_text(model_card(metadata.to_dict()))
        unfinished.chmod(0o755)  # mkdtemp's 700 would hide the model from a server's own user
        _flush(unfinished)
        _replace_folder(unfinished, folder)
    except OSError as error:
        raise ArtifactError(f"The model {folder} cannot be written: {error}.") from error
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
    return metadata


def load_metadata(folder: Path) -> Metadata:
    """Read and check a model's metadata.

    Raises:
        ArtifactError: it is missing, of a version that we do not read, of other labels than
            ours, or lacks a field.
    """
    path = folder / METADATA
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder} is not a trained model: {error}.") from error
    found = values.get("schema_version") if isinstance(values, dict) else None
    if found != SCHEMA_VERSION:
        raise ArtifactError(
            f"{path} has the schema version {found!r}; this program reads {SCHEMA_VERSION}."
        )
    try:
        metadata = Metadata(
            **{
                **values,
                "preprocessing": Preprocessing(**values["preprocessing"]),
                "calibration": Calibration(**values["calibration"]),
                "data": tuple(DataSource(**source) for source in values["data"]),
                "zooms": tuple(values.get("zooms", (1.0,))),
                "labels": {head: tuple(names) for head, names in values["labels"].items()},
            }
        )
        _check(metadata)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactError(f"{path} lacks or misnames a field: {error}.") from error
    if metadata.name != folder.name:
        raise ArtifactError(f"{folder} holds the model {metadata.name!r}; rename the folder.")
    return metadata


def read_verified(folder: Path, metadata: Metadata, name: str = EXPORTED) -> bytes:
    """The bytes of one of a model's files.

    Raises:
        ArtifactError: it is missing, or its SHA-256 is not the one that was written with it.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ArtifactError(f"{folder / name} cannot be read: {error}.") from error
    if metadata.files.get(name) != _sha256(content):
        raise ArtifactError(
            f"{folder / name} is not the file that {METADATA} describes (its SHA-256 differs)."
        )
    return content


def find_artifact(name: str, model_dirs: Iterable[Path]) -> Path:
    """The folder of the model `name` in the first of `model_dirs` that has it.

    Raises:
        ArtifactError: none has.
    """
    model_dirs = list(model_dirs)
    if _NAME.fullmatch(name):
        for model_dir in model_dirs:
            if (model_dir / name / METADATA).is_file():
                return model_dir / name
    places = ", ".join(str(model_dir) for model_dir in model_dirs)
    raise ArtifactError(f"There is no trained model {name!r} in {places}.")


def kept_folder(folder: Path, version: str) -> Path:
    """Where `version` of the model `folder` lies once a newer one has taken its place."""
    return folder.parent / KEPT / version / folder.name


def list_kept_artifacts(model_dirs: Iterable[Path]) -> list[Path]:
    """The folders of models that newer ones of the same name have replaced."""
    return sorted(
        path.parent
        for model_dir in model_dirs
        for path in model_dir.glob(f"{KEPT}/*/*/{METADATA}")
        if _NAME.fullmatch(path.parent.name)
    )


def list_artifacts(model_dirs: Iterable[Path]) -> list[Path]:
    """The folders of all models, by name; of two with one name, the one that is served."""
    found: dict[str, Path] = {}
    for model_dir in model_dirs:
        for path in sorted(model_dir.glob(f"*/{METADATA}")):
            if _NAME.fullmatch(path.parent.name):
                found.setdefault(path.parent.name, path.parent)
    return [found[name] for name in sorted(found)]


def _check(metadata: Metadata) -> None:
    """Raises `ValueError` for what our code could not serve."""
    for head, size in metadata.heads.items():
        if metadata.labels[head] != LABELS[head] or size != len(LABELS[head]):
            raise ValueError(f"the head {head} has the labels {metadata.labels[head]}")
    calibration = metadata.calibration
    if set(calibration.mixture) - set(metadata.heads) or not calibration.mixture:
        raise ValueError(f"the mixture {calibration.mixture} does not fit the heads")
    if not all(calibration.temperatures[head] > 0 for head in calibration.mixture):
        raise ValueError("a temperature is not positive")
    if metadata.abstention is not None and not 0 <= metadata.abstention["threshold"] <= 1:
        raise ValueError(f"{metadata.abstention['threshold']!r} is no threshold")


def _fingerprint(metadata: Metadata, exported: str) -> str:
    """Eight digits that change whenever an answer could: with the network, whose SHA-256 is
    `exported`, and with all that happens to a face before it and to its logits after it."""
    decisive = [
        exported,
        metadata.preprocessing.to_dict(),
        metadata.calibration.to_dict(),
        None if metadata.abstention is None else dict(metadata.abstention),
        metadata.flip,
        metadata.zooms,
    ]
    return _sha256(json.dumps(decisive, sort_keys=True).encode())[:8]


def _replace_folder(fresh: Path, folder: Path) -> None:
    """Rename `fresh` to `folder`; what was there is back if that fails."""
    old = fresh.with_name(f"{fresh.name}.old")
    try:
        folder.rename(old)
    except FileNotFoundError:
        fresh.rename(folder)
        return
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    _keep(old, folder)


def _keep(old: Path, folder: Path) -> None:
    """Move a replaced model to the history, from where it can be made active again."""
    try:
        version = json.loads((old / METADATA).read_text())["version"]
        place = kept_folder(folder, str(version))
        place.parent.mkdir(parents=True, exist_ok=True)
        old.rename(place)
    except (OSError, ValueError, KeyError, TypeError):
        # It is no model that anyone could serve, or this very version is kept already.
        shutil.rmtree(old, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Ask the disk to keep every file: some report that they are full only now."""
    for path in folder.iterdir():
        with open(path, "rb+") as target:
            try:
                os.fsync(target.fileno())
            except OSError as error:
                if error.errno != errno.EINVAL:  # a file system that cannot
                    raise


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
