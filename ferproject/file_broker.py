"""Messages as files, for the embedded start: kombu's filesystem transport without its race.

kombu 5.6 opens a message's file under its own name and then writes into it; a worker that looks in
between takes an empty file, and ends with a JSONDecodeError. Here a message has its name once it is
whole.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        # Belongs to no queue by this name, so nobody takes it.
        unfinished = folder / f"{name}.part"
        try:
            unfinished.write_text(dumps(payload), "utf-8")  # type: ignore[no-untyped-call]
            unfinished.replace(folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add the file {name} to {folder}") from error


LISTENS_SECONDS = 0.2
"""A worker that is to end finds it out between two times that it listens; Celery's are of 2 s."""


class Transport(filesystem.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        shorter = LISTENS_SECONDS if timeout is None else min(timeout, LISTENS_SECONDS)
        super().drain_events(connection, timeout=shorter)  # type: ignore[no-untyped-call]


def use() -> None:
    """From now on this is what `filesystem://` means in this process."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
