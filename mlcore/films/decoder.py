"""Decodes a film. Runs in a process of its own, `python -m mlcore.films.decoder`, because films are
strangers' bytes and decoders have bugs; `mlcore.films.reading` starts it and talks to it.

It reads one line of JSON from its standard input, the request, and answers with messages as
`mlcore.films.child` describes them.
"""

from dataclasses import asdict
from typing import Any

from mlcore.films.child import Answers, serve
from mlcore.films.cuts import CutFinder
from mlcore.films.film import Film, to_picture
from mlcore.films.info import Limits
from mlcore.films.refusals import no_frame
from mlcore.films.sampling import bin_of

HEARTBEAT = 25
"""After so many frames that nobody asked for the decoder says that it is alive."""


def _probe(request: dict[str, Any], answers: Answers) -> None:
    film = Film(request["path"], Limits(**request["limits"]))
    answers.send({"info": asdict(film.info)})


def _read(request: dict[str, Any], answers: Answers) -> None:
    """The frames that are asked for, then how it ended."""
    film = Film(request["path"], Limits(**request["limits"]))
    answers.send({"info": asdict(film.info)})
    rate, since = request["rate"], request["since"]
    taken = None if since is None or rate is None else bin_of(since[0], rate)
    start = request["start"] if since is None else since[0] + 1e-6
    cuts, cut, idle, time, number = CutFinder(), False, 0, 0.0, -1
    for decoded in film.frames(since):
        time, number = decoded.time, decoded.number
        cut = cuts.is_cut(decoded.frame) or cut
        if time < start:
            cut = False
        place = None if rate is None else bin_of(time, rate)
        wanted = place is None or place != taken or (cut and request["shots"])
        if time < start or not wanted:
            idle += 1
            if idle % HEARTBEAT == 0:
                answers.send({"time": time, "decoded": film.decoded})
            continue
        taken = place
        picture = to_picture(decoded.frame, film.info, request["max_side"], grey=request["grey"])
        header = {"time": time, "number": decoded.number, "cut": cut, "shape": picture.shape}
        answers.send(header, picture.data)
        cut = False
    if not film.decoded:
        raise no_frame()
    answers.send({"end": True, "time": time, "frames": number + 1, "truncated": film.truncated})


if __name__ == "__main__":
    serve({"probe": _probe, "read": _read})
