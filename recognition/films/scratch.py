"""Files of this machine, for libraries that take no others; gone when they are done with."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db.models.fields.files import FieldFile

LEFT_SECONDS = 12 * 3600
"""What a process that was killed left behind goes after so long."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that nobody else has, deleted at the end."""
    settings.FILM_SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.FILM_SCRATCH_DIR) as folder:
        yield Path(folder)


@contextlib.contextmanager
def local_file(stored: FieldFile) -> Iterator[Path]:
    """A stored file as one of this machine: where it lies, or a copy where storage is elsewhere.

    Raises:
        FileNotFoundError: it is gone.
    """
    try:
        path = Path(stored.path)
    except NotImplementedError:
        pass
    else:
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path
        return
    with scratch_folder() as folder:
        path = folder / f"film{PurePosixPath(stored.name or '').suffix}"
        with stored.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield path


def scratch_sweep() -> int:
    """Delete what killed processes left behind; returns how many folders."""
    swept = 0
    since = time.time() - LEFT_SECONDS
    for folder in settings.FILM_SCRATCH_DIR.glob("*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < since:
                shutil.rmtree(folder)
                swept += 1
    return swept
