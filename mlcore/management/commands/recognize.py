import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from mlcore.annotation import annotate
from mlcore.classifiers import CLASSIFIERS
from mlcore.errors import MLCoreError, PictureError
from mlcore.films.analysis import analyse
from mlcore.films.columns import Columns
from mlcore.films.exports import csv_lines, json_lines
from mlcore.films.hiding import faces_to_hide
from mlcore.films.info import Limits
from mlcore.films.painting import AnnotateOptions
from mlcore.films.painting import annotate as annotate_film
from mlcore.films.reading import probe
from mlcore.films.tracks import FilmTrack, finish_tracks
from mlcore.labels import EXPRESSIONS
from mlcore.management.recognizers import add_recognizer_arguments, recognizer_of
from mlcore.pictures import decode_picture, encode_jpeg
from mlcore.progress import progress_bar
from mlcore.recognizer import RecognizedFace, Recognizer

FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")

ANY_LENGTH = Limits(duration=24 * 3600.0)
"""Nobody else waits for this computer."""


class Command(BaseCommand):
    """Recognises faces without web server, database or queue."""

    help = "Recognise the expressions of the faces in pictures and films."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pictures", nargs="+", type=Path, metavar="FILE")
        add_recognizer_arguments(parser)
        parser.add_argument(
            "--classifier",
            default=settings.CLASSIFIER,
            choices=CLASSIFIERS,
            help="what runs the network (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the faces as JSON")
        output = parser.add_mutually_exclusive_group()
        output.add_argument(
            "--output",
            type=Path,
            help="the annotated picture or film, or a folder for it "
            "(default: NAME.annotated.jpg or NAME.annotated.mp4 beside the file)",
        )
        output.add_argument("--no-output", action="store_true", help="annotate nothing")
        films = parser.add_argument_group("films")
        films.add_argument(
            "--rate",
            type=_rate,
            default=10.0,
            help="samples a second, or 'all' for every frame (default: %(default)g)",
        )
        films.add_argument(
            "--smoothing",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="time constant of a mean over neighbouring samples (default: none)",
        )
        films.add_argument(
            "--blur",
            action="store_true",
            help="make faces unrecognisable; they are searched for in ten frames a second, "
            "whatever the --rate",
        )
        films.add_argument("--csv", type=Path, help="write a row for each face and sample")
        films.add_argument("--json-lines", type=Path, help="the same as JSON Lines")

    def handle(self, *args: Any, **options: Any) -> None:
        pictures: list[Path] = options["pictures"]
        output: Path | None = options["output"]
        if output and len(pictures) > 1 and not output.is_dir():
            raise CommandError(f"{output} must be a folder for more than one picture.")
        answers = []
        try:
            plan = _plan(pictures, options)
            recognizer = recognizer_of(options)
            for path, is_film, target in plan:
                if is_film:
                    answers.append(self._film(path, target, recognizer, options))
                    continue
                image = decode_picture(path)
                faces = recognizer.recognize(image)
                if target:
                    self._write(target, annotate(image, faces))
                answers.append(_answer(path, target, image, faces))
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        if options["json"]:
            self.stdout.write(json.dumps(answers))
            return
        for answer in answers:
            if "film" in answer:
                self._print_film(answer)
            else:
                self._print(answer)

    def _film(
        self, path: Path, target: Path | None, recognizer: Recognizer, options: dict[str, Any]
    ) -> dict[str, Any]:
        """Analyse a film and write what is asked for."""
        info = probe(path, ANY_LENGTH)
        blocks = []
        with progress_bar("recognising") as show:
            for block in analyse(path, recognizer, rate=options["rate"], limits=ANY_LENGTH):
                blocks.append(block)
                if show:
                    show(block.frames, max(info.frames or 0, block.frames))
        raw = Columns.joined([block.columns for block in blocks])
        columns, tracks = finish_tracks(raw, smoothing=options["smoothing"])
        for name, lines in (("csv", csv_lines), ("json_lines", json_lines)):
            if options[name]:
                with open(options[name], "w", encoding="utf-8", newline="") as table:
                    table.writelines(lines(columns))
        if target:
            hidden = None
            if options["blur"]:
                with progress_bar("searching") as show:
                    hidden = faces_to_hide(
                        path, recognizer, progress=_in_seconds(show), limits=ANY_LENGTH
                    )
            with progress_bar("annotating") as show:
                annotate_film(
                    path,
                    columns,
                    target,
                    options=AnnotateOptions(blur_faces=options["blur"]),
                    hidden=hidden,
                    progress=_in_seconds(show),
                    limits=ANY_LENGTH,
                )
        return {
            "film": str(path),
            "width": info.width,
            "height": info.height,
            "duration": round(info.duration, 3),
            "truncated": blocks[-1].truncated,
            "annotated": str(target) if target else None,
            "tracks": [_track(track) for track in tracks],
        }

    def _print_film(self, answer: dict[str, Any]) -> None:
        tracks = answer["tracks"]
        count = f"{len(tracks)} track{'s' * (len(tracks) != 1)}"
        self.stdout.write(f"{answer['film']}: {answer['duration']:.1f} s, {count}")
        if answer["truncated"]:
            self.stdout.write("  not all of it could be read")
        if tracks:
            header = "".join(f"{name:>10}" for name in EXPRESSIONS)
            self.stdout.write(f"  {'track':<7}{'from':>8}{'to':>9}  {'shows':<11}{header}")
        for track in tracks:
            means = "".join(f"{value:>10.3f}" for value in track["probabilities"].values())
            self.stdout.write(
                f"  {track['number']:<7}{track['start']:>8.2f}{track['end']:>9.2f}  "
                f"{track['expression']:<11}{means}"
            )
        if answer["annotated"]:
            self.stdout.write(f"  annotated: {answer['annotated']}")

    def _write(self, target: Path, image: NDArray[np.uint8]) -> None:
        try:
            target.write_bytes(encode_jpeg(image))
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error

    def _print(self, answer: dict[str, Any]) -> None:
        faces = answer["faces"]
        self.stdout.write(f"{answer['picture']}: {len(faces)} face{'s' * (len(faces) != 1)}")
        if faces:
            header = "".join(f"{name:>10}" for name in EXPRESSIONS)
            self.stdout.write(f"  {'x, y, width, height':<24}{'shows':<11}{header}   quality")
        for face in faces:
            place = ", ".join(str(value) for value in face["box"].values())
            chances = "".join(f"{value:>10.3f}" for value in face["probabilities"].values())
            shows = face["expression"] + "?" * face["uncertain"]
            quality = ", ".join((f"{face['quality']['score']:.2f}", *face["quality"]["issues"]))
            self.stdout.write(f"  {place:<24}{shows:<11}{chances}   {quality}")
        if any(face["uncertain"] for face in faces):
            self.stdout.write("  ?: uncertain, not to be relied on")
        if answer["annotated"]:
            self.stdout.write(f"  annotated: {answer['annotated']}")


def _plan(paths: list[Path], options: dict[str, Any]) -> list[tuple[Path, bool, Path | None]]:
    """Each file, whether it is a film, and where it goes annotated.

    Raises:
        CommandError: something would be written over.
    """
    plan = []
    for path in paths:
        is_film = _is_film(path)
        target = _target(path, options["output"], "mp4" if is_film else "jpg")
        plan.append((path, is_film, None if options["no_output"] else target))
    films = [path for path, is_film, _ in plan if is_film]
    tables = [options[name] for name in ("csv", "json_lines") if options[name]]
    if tables and len(films) > 1:
        raise CommandError(f"{tables[0]} takes the faces of one film, and {films[1]} is another.")
    _check_targets(paths, [*(target for *_, target in plan if target), *tables])
    return plan


def _check_targets(paths: list[Path], targets: list[Path]) -> None:
    """Refuse to write a file that is read, or one twice."""
    read, written = {_identity(path) for path in paths}, set()
    for target in targets:
        identity = _identity(target)
        if identity in read:
            raise CommandError(f"{target} is to be read, and is never overwritten.")
        if identity in written:
            raise CommandError(f"{target} would be written twice.")
        written.add(identity)


def _identity(path: Path) -> tuple[int, int] | Path:
    """The same for all names of a file, also of one that is not there yet."""
    try:
        status = path.stat()
    except OSError:
        return path.resolve()
    return status.st_dev, status.st_ino


def _target(path: Path, output: Path | None, suffix: str) -> Path:
    """Where the annotated picture or film goes."""
    target = output or path.with_name(f"{path.stem}.annotated.{suffix}")
    return target / f"{path.stem}.annotated.{suffix}" if target.is_dir() else target


def _is_film(path: Path) -> bool:
    if path.suffix.lower() in FILM_SUFFIXES:
        return True
    try:
        decode_picture(path, max_pixels=0)
    except PictureError as error:
        return error.values.get("kind") == "video"
    return False


def _rate(text: str) -> float | None:
    if text == "all":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= 60:
        raise ArgumentTypeError("a number from 0.1 to 60, or 'all'")
    return rate


def _in_seconds(show: Callable[[int, int], None] | None) -> Callable[[float, float], None]:
    return lambda done, of: show(round(done), max(round(of), round(done))) if show else None


def _track(track: FilmTrack) -> dict[str, Any]:
    """A track in plain values."""
    return {
        "number": track.number,
        "start": round(track.start, 3),
        "end": round(track.end, 3),
        "samples": track.samples,
        "expression": track.expression,
        "uncertain": round(track.uncertain, 4),
        "probabilities": {
            name: round(value, 6)
            for name, value in zip(EXPRESSIONS, track.probabilities, strict=True)
        },
    }


def _answer(
    path: Path, target: Path | None, image: NDArray[np.uint8], faces: list[RecognizedFace]
) -> dict[str, Any]:
    """One picture's faces in plain values."""
    return {
        "picture": str(path),
        "width": image.shape[1],
        "height": image.shape[0],
        "annotated": str(target) if target else None,
        "faces": [
            {
                "box": {
                    "x": face.box.x,
                    "y": face.box.y,
                    "width": face.box.width,
                    "height": face.box.height,
                },
                "score": round(face.score, 4),
                "expression": face.expression,
                "uncertain": face.uncertain,
                "quality": {"score": face.quality.score, "issues": list(face.quality.issues)},
                "probabilities": {
                    name: round(float(value), 6)
                    for name, value in zip(EXPRESSIONS, face.probabilities, strict=True)
                },
            }
            for face in faces
        ],
    }
