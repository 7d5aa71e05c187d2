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

ORDERED = {
    "": "record_owner_newest",
    "ordering=created_at": "record_owner_newest",
    "ordering=name": "record_owner_name",
    "ordering=-name": "record_owner_name",
    "ordering=-probability": "record_owner_surest",
    "ordering=probability": "record_owner_least_sure",
    "expression=happy": "record_owner_newest",
    "kind=photo": "record_owner_newest",
    "uncertain=false": "record_owner_newest",
    "search=beach": "record_owner_newest",
    "faces=some&ordering=name": "record_owner_name",
}

# What few records have, or few of so small a number, may be found first and sorted then.
FEW = ["search=%25", "search=lighthouse", "tag=often", "tag=rare", "kind=practice", "state=failed"]

LATER = " (a later page)"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def run(env: dict[str, str], *command: str) -> str:
    result = subprocess.run(
        [sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout + result.stderr


@pytest.fixture
def env(data_dir: Path, postgresql_url: str) -> dict[str, str]:
    data_dir.mkdir()
    return environment(
        data_dir, DATABASE_URL=postgresql_url, DJANGO_SETTINGS_MODULE="ferproject.settings"
    )


def test_a_page_is_read_from_an_index_in_order(env: dict[str, str]) -> None:
    plans = json.loads(run(env, "-m", "tests.record_plans", *ORDERED, *FEW))

    assert len(plans) > 2 * len(ORDERED)
    for page, plan in plans.items():
        query = page.removesuffix(LATER)
        kinds = [node["Node Type"] for node in nodes(plan)]
        scans = {node["Index Name"] for node in nodes(plan) if "Index Name" in node}
        on_records = [n for n in nodes(plan) if n.get("Relation Name") == "records_record"]
        if query == "trigrams":
            assert "record_search_text" in scans, plan
            continue
        assert on_records
        assert "Seq Scan" not in {node["Node Type"] for node in on_records}, (page, plan)
        if query in FEW:
            continue
        assert ORDERED[query] in scans, (page, plan)
        assert "Sort" not in kinds, (page, plan)
        if page.endswith(LATER):
            # The page is found by the index, not by passing over all that come before it.
            (scan,) = [n for n in on_records if n.get("Index Name") in ORDERED.values()]
            assert scan["Index Cond"].count("ROW(") >= 2, (page, plan)


def test_a_database_user_without_the_right_to_create_extensions(
    env: dict[str, str], postgresql_url: str
) -> None:
    """Searching works without its index, and migrating says that it is not there."""
    name = urlsplit(postgresql_url).path[1:]
    role = f"{name}_plain"
    admin = psycopg2.connect(postgresql_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'plain'")
        try:
            # It may make tables, but owns neither the database nor the right to extend it.
            cursor.execute(f"GRANT ALL ON SCHEMA public TO {role}")
            server = urlsplit(postgresql_url)
            address = f"{role}:plain@{server.hostname}:{server.port or 5432}"
            url = urlunsplit(server._replace(netloc=address))
            output = run({**env, "DATABASE_URL": url}, "manage.py", "migrate")
            assert "permission denied to create extension" in output
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'record_search_text'")
            assert cursor.fetchone() == (0,)
        finally:
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")
            admin.close()
