"""A film in the product's real processes, one of which is killed over it."""

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from recognition.tests.films import film_bytes
from tests.stack import Client, Program, embedded, wait_for

pytestmark = pytest.mark.stack

PIECE = 4 << 20
"""Bytes; the server takes no more than twice as many at once."""

QUICK = {"JOB_LEASE_SECONDS": "4", "JOB_SWEEP_SECONDS": "1", "JOB_RING_SECONDS": "4"}
SECONDS = 120.0
"""Long enough that it is still under way once a photo is done."""


def send(client: Client, content: bytes) -> dict[str, Any]:
    """The job of a film that is sent in pieces, one of which gets lost on its way."""
    begin = requests.post(
        f"{client.address}/api/v1/films/",
        json={"file_name": "a.mp4", "size": len(content), "people_agreed": True, "rate": 10},
        headers=client.headers,
        timeout=30,
    )
    assert begin.status_code == 201, begin.text
    path = f"{client.address}/api/v1/films/{begin.json()['id']}/"
    offset, size = 0, min(len(content) // 3 + 1, PIECE)
    answer = begin
    while offset < len(content):
        part = content[offset : offset + size]
        answer = requests.patch(
            path, params={"offset": offset}, data=part, headers=client.headers, timeout=120
        )
        assert answer.status_code == 200, answer.text
        offset = requests.get(path, headers=client.headers, timeout=30).json()["offset"]
    job: dict[str, Any] = answer.json()["job"]
    return job


def film_worker(program: Program) -> psutil.Process:
    (worker,) = program.children("films@")
    return worker


def test_a_film_outlives_its_worker_and_no_photo_waits_for_it(
    data_dir: Path, tmp_path: Path, portrait: bytes
) -> None:
    content = film_bytes(tmp_path, seconds=(SECONDS,))
    with embedded(data_dir, **QUICK) as (program, address):
        client = Client(address, "ada.lovelace")
        job = send(client, content)
        path = f"/api/v1/jobs/{job['id']}/"

        def done() -> float:
            seconds: float = client.json(path)["film"]["done_seconds"]
            return seconds

        wait_for(lambda: done() >= 8, "some of the film is analysed", 120)
        photo = client.upload(portrait)
        assert client.finished(photo)["state"] == "done"
        state = client.json(path)
        assert state["state"] == "running", "the film was over before the photo was"

        worker = film_worker(program)
        decoders = worker.children(recursive=True)
        assert decoders, "the film is decoded by the worker itself"
        before = done()
        os.kill(worker.pid, signal.SIGKILL)

        gone = [one.wait(timeout=20) for one in decoders]
        assert len(gone) == len(decoders)  # a decoder ends with its worker
        assert done() >= before
        progress: list[float] = []

        def over() -> dict[str, Any] | None:
            current = client.json(path)
            progress.append(current["film"]["done_seconds"])
            return current if current["state"] in {"done", "failed"} else None

        finished = wait_for(over, "the film is analysed", 300)
        assert finished is not None
        assert finished["state"] == "done", finished
        assert min(progress) >= before  # it went on where it was
        record = client.json(f"/api/v1/records/{job['record']}/")
        assert record["state"] == "done"
        assert record["timeline"]["sample_count"] == SECONDS * 10
        assert [track["samples"] for track in record["timeline"]["tracks"]] == [SECONDS * 10]
        samples = client.json(f"/api/v1/records/{job['record']}/samples/")
        times = samples["times"]
        assert times == sorted(set(times))
        assert times[-1] == pytest.approx(SECONDS - 0.1, abs=0.05)
