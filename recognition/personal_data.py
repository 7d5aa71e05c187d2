"""What recognition keeps of a person, for `accounts.personal_data`. Jobs go with their
records, live sessions with their media; films on their way go here."""

from collections.abc import Iterator

from accounts.models import User
from accounts.personal_data import CHUNK, PersonalFile, Room, Row, Section, fields_of
from mlcore.films.columns import Columns
from recognition.films.uploads import film_upload_drop
from recognition.models import FilmBlock, FilmPiece, FilmUpload, FilmWork, Job, LiveSession


def _jobs(user: User) -> Iterator[Row]:
    names = ("id", "record", "kind", "options", "detector", "model", "state", "attempts")
    errors = ("error_code", "error_detail")
    times = ("created_at", "started_at", "finished_at")
    return fields_of(Job.objects.filter(owner=user).order_by("pk"), *names, *errors, *times)


def _live_sessions(user: User) -> Iterator[Row]:
    names = ("id", "record", "timeline", "detector", "model", "next_sequence", "restarts")
    times = ("created_at", "seen_at", "finished_at")
    return fields_of(LiveSession.objects.filter(owner=user).order_by("pk"), *names, *times)


def _film_uploads(user: User) -> Iterator[Row]:
    names = ("id", "record", "file_name", "name", "size", "offset", "rate", "detector", "purpose")
    times = ("keep", "consent_at", "created_at", "expires_at")
    return fields_of(FilmUpload.objects.filter(owner=user).order_by("pk"), *names, *times)


def _film_pieces(user: User) -> Iterator[Row]:
    pieces = FilmPiece.objects.filter(upload__owner=user).order_by("upload_id", "start")
    for piece in pieces.iterator(chunk_size=CHUNK):
        yield {
            "upload": piece.upload_id,
            "start": piece.start,
            "size": piece.size,
            "file": piece.file.name,
        }


def _film_work(user: User) -> Iterator[Row]:
    names = ("job", "rate", "detector", "model", "duration", "truncated", "checkpoint")
    done = ("done_seconds", "frames", "faces", "worked_seconds")
    return fields_of(FilmWork.objects.filter(job__owner=user).order_by("pk"), *names, *done)


def _film_blocks(user: User) -> Iterator[Row]:
    """The samples of films that are being analysed are in `samples`, too; how sure the detector
    was is here alone."""
    blocks = FilmBlock.objects.filter(work__job__owner=user).order_by("work_id", "index")
    for block in blocks.select_related("work").iterator(chunk_size=4):
        columns = Columns.from_bytes(bytes(block.data))
        for at, frame, track, score in zip(
            columns.times.tolist(),
            columns.frames.tolist(),
            columns.tracks.tolist(),
            columns.scores.tolist(),
            strict=True,
        ):
            yield {
                "job": block.work.job_id,
                "time": at,
                "frame": frame,
                "face": track,
                "detection_score": score,
            }


def _files(user: User) -> Iterator[PersonalFile]:
    pieces = FilmPiece.objects.filter(upload__owner=user).order_by("pk")
    for name in pieces.values_list("file", flat=True).iterator(chunk_size=CHUNK):
        yield PersonalFile(name, name)


def _erase(user: User) -> Iterator[None]:
    for upload in FilmUpload.objects.filter(owner=user, record__isnull=True):
        film_upload_drop(upload=upload)
        yield


ROOM = Room(
    sections=(
        Section("jobs", frozenset({"recognition.Job"}), _jobs),
        Section("live_sessions", frozenset({"recognition.LiveSession"}), _live_sessions),
        Section("film_uploads", frozenset({"recognition.FilmUpload"}), _film_uploads),
        Section("film_pieces", frozenset({"recognition.FilmPiece"}), _film_pieces),
        Section("film_work", frozenset({"recognition.FilmWork"}), _film_work),
        Section("film_blocks", frozenset({"recognition.FilmBlock"}), _film_blocks),
    ),
    files=_files,
    erase=_erase,
)
