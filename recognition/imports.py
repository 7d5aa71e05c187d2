"""The product's own exports, read back: the records of another installation, or lost ones.

Nothing in such a file is believed: rows are checked field by field, and pictures are decoded and
encoded again, as those of an upload are.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, NoReturn
from uuid import UUID
from zipfile import BadZipFile, ZipFile, is_zipfile

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.utils.translation import gettext as _

from accounts.models import User
from mlcore.errors import FilmError, PictureError
from mlcore.pictures import decode_picture, encode_jpeg, encode_png
from recognition.errors import UploadError
from recognition.films.pictures import film_picture
from recognition.films.problems import film_problem
from recognition.films.scratch import scratch_folder
from recognition.films.uploads import film_checked
from recognition.import_documents import RecordDocumentSerializer
from recognition.picture_problems import picture_problem
from recognition.uploads import check_picture
from records.exports import FORMAT, FORMAT_VERSION
from records.models import Media, Record
from records.services import (
    FilmFile,
    ImportedRecord,
    PictureFile,
    PreparedImport,
    files_delete,
    import_prepare,
    imports_store,
    is_known,
)

RECORDS = "records.json"

RECORDS_MAX = 10_000


@dataclass(frozen=True)
class Imported:
    """What came of an import; `skipped` were there already, or were not yet recognised."""

    records: int
    skipped: int


def import_records(*, owner: User, file: IO[bytes]) -> Imported:
    """Read an export, JSON or ZIP, into the person's records: all of it or nothing.

    Raises:
        UploadError: `import_unreadable`, `import_unknown_version`, `import_invalid`,
            `import_too_large` or `import_running`; nothing has changed.
    """
    with scratch_folder() as folder:
        return _import_records(owner, file, folder)


def _import_records(owner: User, file: IO[bytes], folder: Path) -> Imported:
    prepared: list[PreparedImport] = []
    skipped = 0
    archive = None
    try:
        if is_zipfile(file):
            archive = ZipFile(file)
        documents = _documents(_opened(archive, RECORDS) if archive else _rewound(file))
        seen: set[UUID] = set()
        for number, document in enumerate(documents, start=1):
            if document.get("state") == Record.State.QUEUED:
                skipped += 1
                continue
            values = _checked(document, number)
            if values["id"] in seen or is_known(owner=owner, exported_id=values["id"]):
                skipped += 1
                continue
            seen.add(values["id"])
            imported = _imported(values, archive, number, folder)
            prepared.append(import_prepare(owner=owner, imported=imported))
        try:
            imports_store(prepared=prepared)
        except IntegrityError as error:
            raise UploadError(
                "import_running", _("The same records are being imported at this moment.")
            ) from error
    except BaseException as error:
        files_delete(name for one in prepared for name in one.files)
        unreadable = BadZipFile | KeyError | NotImplementedError | EOFError | zlib.error | LZMAError
        if isinstance(error, unreadable):
            raise _unreadable() from error
        raise
    finally:
        if archive:
            archive.close()
    return Imported(records=len(prepared), skipped=skipped)


def _documents(file: IO[bytes]) -> list[dict[str, Any]]:
    content = file.read(settings.IMPORT_MAX_BYTES + 1)
    if len(content) > settings.IMPORT_MAX_BYTES:
        raise _too_large()
    try:
        export = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(export, dict) or export.get("format") != FORMAT:
        raise _unreadable()
    if export.get("version") != FORMAT_VERSION:
        raise UploadError(
            "import_unknown_version", _("This export was written by a newer version.")
        )
    documents = export.get("records")
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise _unreadable()
    if len(documents) > RECORDS_MAX:
        raise _too_large()
    return documents


def _checked(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    serializer = RecordDocumentSerializer(data=document)
    if not serializer.is_valid():
        field = next(iter(serializer.errors))
        raise UploadError(
            "import_invalid",
            _("Record %(number)s of the file is not right: %(field)s.")
            % {"number": number, "field": field},
        )
    values: dict[str, Any] = serializer.validated_data
    return values


def _imported(
    values: dict[str, Any], archive: ZipFile | None, number: int, folder: Path
) -> ImportedRecord:
    """The record with its pictures, each encoded again, or its films."""
    if values["kind"] == Media.Kind.VIDEO:
        return _imported_film(values, archive, number, folder / str(number))

    def pixels(name: str | None) -> Any:
        content = _member(archive, name)
        return None if content is None else decode_picture(content, settings.PICTURE_MAX_PIXELS)

    try:
        annotated = pixels(values["files"].get("annotated"))
        crops = [pixels(face["crop"]) for face in values["faces"]]
        return ImportedRecord(
            document=values,
            picture=_picture(values, _member(archive, values["files"].get("original"))),
            annotated=None if annotated is None else encode_jpeg(annotated, 90),
            crops=[None if crop is None else encode_png(crop[..., 0]) for crop in crops],
        )
    except (PictureError, UploadError) as error:
        problem = picture_problem(error) if isinstance(error, PictureError) else error.detail
        raise UploadError(
            "import_invalid",
            _("A picture of record %(number)s of the file is not right: %(error)s")
            % {"number": number, "error": problem},
        ) from error


def _imported_film(
    values: dict[str, Any], archive: ZipFile | None, number: int, folder: Path
) -> ImportedRecord:
    """The record with its films, each freed of its metadata."""

    def film(name: str) -> FilmFile | None:
        place = folder / name
        place.mkdir(parents=True)
        path = place / "film"
        if not _extract(archive, values["files"].get(name), path):
            return None
        found, clean = film_checked(path, values["file_name"], place)
        path.unlink()
        return found if clean else None

    try:
        original, annotated = film("original"), film("annotated")
    except FilmError as error:
        raise UploadError(
            "import_invalid",
            _("The film of record %(number)s of the file is not right: %(error)s")
            % {"number": number, "error": film_problem(error)},
        ) from error
    return ImportedRecord(
        document=values,
        picture=None,
        annotated=None,
        crops=[None] * len(values["faces"]),
        film=original,
        annotated_film=annotated.path if annotated and annotated.extension == "mp4" else None,
        thumbnail=film_picture(original.path, original.duration / 10) if original else None,
    )


def _extract(archive: ZipFile | None, name: str | None, path: Path) -> bool:
    """A film within the ZIP as a file; False if there is none. Takes no more than one may have."""
    if archive is None or not name:
        return False
    size = 0
    with _opened(archive, name) as member, path.open("wb") as target:
        while chunk := member.read(1 << 20):
            size += len(chunk)
            if size > settings.FILM_MAX_BYTES:
                raise _too_large()
            target.write(chunk)
    return True


def _picture(values: Mapping[str, Any], content: bytes | None) -> PictureFile | None:
    if content is None:
        return None
    return check_picture(ContentFile(content, name=values["file_name"]))


def _member(archive: ZipFile | None, name: str | None) -> bytes | None:
    """A picture within the ZIP; None if there is none. Reads no more than a picture may have."""
    if archive is None or not name:
        return None
    with _opened(archive, name) as member:
        content = member.read(settings.PICTURE_MAX_BYTES + 1)
    if len(content) > settings.PICTURE_MAX_BYTES:
        raise _too_large()
    return content


def _opened(archive: ZipFile, name: str) -> IO[bytes]:
    """A file within the ZIP.

    Raises:
        BadZipFile: it is encrypted, or packed in a way that nobody knows.
    """
    try:
        return archive.open(name)
    except RuntimeError as error:
        raise BadZipFile(str(error)) from error


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _unreadable() -> UploadError:
    return UploadError(
        "import_unreadable", _("This is not an export of records: choose its JSON or ZIP file.")
    )


def _too_large() -> UploadError:
    return UploadError("import_too_large", _("The export is too large."), too_large=True)
