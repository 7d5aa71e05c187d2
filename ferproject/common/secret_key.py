"""The embedded start's secret key: made once, kept in the data folder."""

import os
import secrets
from pathlib import Path


def read_or_create_secret_key(path: Path) -> str:
    """The key in `path`, made there with owner-only rights if there is none.

    Two processes that start at once agree: whoever creates the file first wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # atomic, and fails if the other process was first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
