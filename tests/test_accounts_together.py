"""Accounts where several processes share PostgreSQL and Redis, and in the embedded start."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.stack import PASSWORD, ROOT, Client, embedded, environment, wait_for
from tests.test_services import web_process

pytestmark = pytest.mark.stack

AUTH = "/_allauth/app/v1/auth"


@pytest.fixture
def addresses(
    data_dir: Path, tmp_path: Path, postgresql_url: str, redis_url: str
) -> Iterator[list[str]]:
    """Two web processes on one PostgreSQL and one Redis."""
    data_dir.mkdir()
    env = environment(data_dir, DATABASE_URL=postgresql_url, CACHE_URL=redis_url)
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, env=env, cwd=ROOT, check=True)
    with ExitStack() as stack:
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        yield [stack.enter_context(web_process(env, folder)) for folder in folders]


def post(address: str, path: str, **body: str) -> requests.Response:
    return requests.post(f"{address}{AUTH}/{path}", json=body, timeout=60)


def sign_up(address: str, username: str) -> requests.Response:
    """Again where a busy machine could not count the try within a second; 20 are allowed."""
    answer = post(address, "signup", username=username, password=PASSWORD)
    while answer.status_code == 429:
        time.sleep(0.2)
        answer = post(address, "signup", username=username, password=PASSWORD)
    return answer


def codes(answer: requests.Response) -> list[str]:
    return [error["code"] for error in answer.json().get("errors", [])]


def test_one_of_many_gets_the_name_and_the_tries_are_counted_together(
    addresses: list[str],
) -> None:
    names = ["ada.lovelace", "Ada.Lovelace", "ADA.LOVELACE", "ada.Lovelace"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(sign_up, addresses * 2, names))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 400: 3}, [answer.text for answer in answers]
    assert {code for answer in answers for code in codes(answer)} == {"username_taken"}

    tries = [
        post(addresses[n % 2], "login", username="ada.lovelace", password="wrong wrong")
        for n in range(6)
    ]
    assert [codes(answer) for answer in tries] == [
        *([["username_password_mismatch"]] * 5),
        ["too_many_login_attempts"],
    ]
    for address in addresses:
        right = post(address, "login", username="ada.lovelace", password=PASSWORD)
        assert codes(right) == ["too_many_login_attempts"]


def test_the_embedded_start_prints_mails_to_the_log(data_dir: Path) -> None:
    with embedded(data_dir) as (program, address):
        assert requests.get(f"{address}/api/v1/config/", timeout=30).json()["mail"] is False
        body = {"username": "ada.lovelace", "email": "ada@example.org", "password": PASSWORD}
        assert post(address, "signup", **body).status_code == 200
        post(address, "password/request", email="ada@example.org")

        link = wait_for(
            lambda: re.search(rf"{address}/reset-password/(\S+)", program.output()),
            "the link is in the log",
            30,
        )
        new = "another horse battery"
        assert post(address, "password/reset", key=link[1], password=new).status_code == 401
        login = post(address, "login", username="ada.lovelace", password=new)
        assert login.status_code == 200


def test_a_client_with_a_token(data_dir: Path) -> None:
    """As docs/api.md says: make a token, use it, delete it."""
    with embedded(data_dir) as (_, address):
        person = Client(address, "ada.lovelace")
        tokens = f"{address}/api/v1/tokens/"
        made = requests.post(tokens, headers=person.headers, json={"name": "script"}, timeout=30)
        program = {"Authorization": f"Bearer {made.json()['key']}"}

        assert requests.get(f"{address}/api/v1/me/", headers=program, timeout=30).ok
        assert person.delete(f"/api/v1/tokens/{made.json()['id']}/").status_code == 204
        refused = requests.get(f"{address}/api/v1/me/", headers=program, timeout=30)
        assert refused.status_code == 401
