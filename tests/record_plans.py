"""Run by test_record_lists.py: fills a PostgreSQL database and prints plans of what the API asks.

Of each list: its first page, and one in its middle. Of the statistics of all records.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from benchmarks.record_rows import fill  # noqa: E402
from benchmarks.records import RECORDS, middle  # noqa: E402
from records.ordering import RecordPages  # noqa: E402

Plans = list[dict[str, Any]]


def plans_of(client: APIClient, url: str) -> Plans:
    """The plan of each query that finds records or counts them, in the order that they are made."""
    plans: Plans = []

    def explain(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if "sort_key" in sql or "chosen" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                plans.append(cursor.cursor.fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        response = client.get(url)
    assert response.status_code == 200, response.content
    return plans


def main(queries: list[str]) -> None:
    call_command("migrate", verbosity=0)
    person: Any = fill(20_000)
    # In the proportion of that to a hundred thousand.
    RecordPages.window = 100
    client = APIClient(SERVER_NAME="localhost")
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    plans: dict[str, Plans] = {}
    for query in queries:
        url = f"{RECORDS}?{query}"
        plans[query] = plans_of(client, url)
        if cursor := middle(person, query):
            plans[f"{query} (a later page)"] = plans_of(client, f"{url}&cursor={cursor}")
    plans["statistics/"] = plans_of(client, f"{RECORDS}statistics/")
    json.dump(plans, sys.stdout)


main(sys.argv[1:])
