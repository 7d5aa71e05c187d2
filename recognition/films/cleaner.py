"""Copies a film without its metadata, in a process of its own like `mlcore.films.decoder`:
`python -m recognition.films.cleaner`, started by `recognition.films.cleaning`.
"""

from typing import Any

import av
from av.packet import Packet
from av.stream import Stream

from mlcore.errors import FilmError
from mlcore.films.child import Answers, serve
from mlcore.films.film import ENDED_EARLY, Film
from mlcore.films.info import Limits

HEARTBEAT = 500
"""Packets after which the process says that it is alive."""


def _clean(request: dict[str, Any], answers: Answers) -> None:
    film = Film(request["path"], Limits(**request["limits"]))
    kind = request["format"]
    options = {"movflags": "+faststart"} if kind in {"mp4", "mov"} else {}
    streams = [film.stream, *film.container.streams.audio[:1]]
    end, count, truncated = 0.0, 0, False
    try:
        with av.open(request["output"], "w", format=kind, options=options) as target:
            copies: dict[int, Stream] = {}
            for stream in streams:
                copies[stream.index] = target.add_stream_from_template(stream)
                copies[stream.index].metadata.clear()
            packets = film.container.demux(*streams)
            while True:
                try:
                    packet = next(packets, None)
                except av.error.FFmpegError:
                    truncated = True
                    break
                if packet is None:
                    break
                if packet.dts is None:
                    continue
                end = max(end, _end_of(packet, film.start))
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
                count += 1
                if count % HEARTBEAT == 0:
                    answers.send({"packets": count})
    except (av.error.FFmpegError, ValueError, KeyError) as error:
        raise FilmError("film_unreadable", f"The film cannot be copied: {error}.") from error
    stated = film.container.duration
    early = stated is not None and end < stated / av.time_base - ENDED_EARLY
    answers.send({"end": True, "truncated": truncated or early})


def _end_of(packet: "Packet[Any]", start: float) -> float:
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return float((packet.pts + (packet.duration or 0)) * packet.time_base) - start


if __name__ == "__main__":
    serve({"clean": _clean})
