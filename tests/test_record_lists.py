"""Lists of records stay fast: the plans of PostgreSQL, on 20,000 rows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from tests.stack import ROOT, environment

pytestmark = pytest.mark.stack

NEWEST, NAME = "record_owner_newest", "record_owner_name"

# The index of the order, along which a page is looked for first.
ORDERED = {
    "": NEWEST,
    "ordering=created_at": NEWEST,
    "ordering=name": NAME,
    "ordering=-name": NAME,
    "ordering=-probability": "record_owner_surest",
    "ordering=probability": "record_owner_least_sure",
    "expression=happy": NEWEST,
    "uncertain=false": NEWEST,
    "search=img": NEWEST,
    "faces=some&ordering=name": NAME,
    "tag=often": NEWEST,
}
GRAMS = "record_owner_grams"
# Of what few have, or only some that are far off: that, and the index that finds them.
FEW = {
    "search=%25": (NEWEST, GRAMS),
    "search=%22": (NEWEST, GRAMS),
    "search=qx": (NEWEST, GRAMS),
    "search=%E6%B5%B7": (NEWEST, GRAMS),
    "search=lighthouse": (NEWEST, GRAMS),
    "search=winter": (NEWEST, GRAMS),
    "search=%25&ordering=name": (NAME, GRAMS),
    "search=qx&expression=happy&tag=often": (NEWEST, GRAMS),
    "tag=rare": (NEWEST, "records_record_pkey"),
    "tag=early": (NEWEST, NEWEST),
    "kind=practice": (NEWEST, NEWEST),
    "state=failed": (NEWEST, NEWEST),
}

ROOM = ("records/tests/test_filters.py", "records/tests/test_statistics.py")
LATER = " (a later page)"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def run(env: dict[str, str], *command: str) -> str:
    result = subprocess.run(
        [sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True, timeout=540
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout + result.stderr


@pytest.fixture
def env(data_dir: Path, postgresql_url: str) -> dict[str, str]:
    data_dir.mkdir()
    return environment(
        data_dir, DATABASE_URL=postgresql_url, DJANGO_SETTINGS_MODULE="ferproject.settings"
    )


def scans(plan: dict[str, Any]) -> dict[str, str]:
    """The indexes that a plan reads, with the conditions that lead into them."""
    return {n["Index Name"]: n.get("Index Cond", "") for n in nodes(plan) if "Index Name" in n}


def test_pages_and_statistics_are_read_from_indexes(env: dict[str, str]) -> None:
    pages = json.loads(run(env, "-m", "tests.record_plans", *ORDERED, *FEW))

    (counted,) = pages.pop("statistics/")
    assert len(pages) > 2 * len(ORDERED)
    for page, plans in pages.items():
        query, is_later = page.removesuffix(LATER), page.endswith(LATER)
        order, found_by = (ORDERED[query], "") if query in ORDERED else FEW[query]
        for plan in plans:
            on_records = [n for n in nodes(plan) if n.get("Relation Name") == "records_record"]
            assert "Seq Scan" not in {node["Node Type"] for node in on_records}, (page, plan)

        walked, *filtered = plans
        assert "Sort" not in {node["Node Type"] for node in nodes(walked)}, (page, walked)
        # The page is found by the index, not by passing over all that come before it.
        assert scans(walked)[order].count("ROW(") == 2 * is_later, (page, walked)
        if not filtered:
            assert query.partition("=")[0] in {"", "ordering"}, page
            continue
        # Those that are looked at first lie between two places.
        assert scans(filtered[0])[order].count("ROW(") == 2 + 2 * is_later, (page, filtered)
        if query in FEW and not is_later:
            assert found_by in scans(filtered[1]), (page, filtered)

    # Nothing but indexes is read, and faces are met in the order that theirs has.
    scanned = {n["Index Name"]: n["Node Type"] for n in nodes(counted) if "Relation Name" in n}
    assert scanned == dict.fromkeys((NEWEST, "face_counted"), "Index Only Scan"), counted
    sorts = [node["Sort Key"] for node in nodes(counted) if node["Node Type"] == "Sort"]
    assert sorts == [["records_record.id"]], counted


def test_lists_and_statistics_are_the_same_there(env: dict[str, str]) -> None:
    """The tests of the room, which otherwise run on SQLite."""
    chosen = "searched or others or selection or statistics"

    env = {**env, "DJANGO_SETTINGS_MODULE": "ferproject.settings_test"}
    output = run(env, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *ROOM)

    assert " passed" in output
    assert "skipped" not in output


def test_a_database_user_who_may_only_make_tables(env: dict[str, str], postgresql_url: str) -> None:
    """Migrating needs no extension, and no right that only an administrator has."""
    name = urlsplit(postgresql_url).path[1:]
    role = f"{name}_plain"
    admin = psycopg2.connect(postgresql_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'plain'")
        try:
            cursor.execute(f"GRANT ALL ON SCHEMA public TO {role}")
            server = urlsplit(postgresql_url)
            address = f"{role}:plain@{server.hostname}:{server.port or 5432}"
            url = urlunsplit(server._replace(netloc=address))
            run({**env, "DATABASE_URL": url}, "manage.py", "migrate")
            cursor.execute("SELECT extname FROM pg_extension")
            assert cursor.fetchall() == [("plpgsql",)]
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'record_owner_grams'")
            assert cursor.fetchone() == (1,)
        finally:
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")
            admin.close()
