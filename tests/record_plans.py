"""Run by test_record_lists.py: fills a PostgreSQL database and prints the plans of lists."""

import json
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from benchmarks.record_rows import fill  # noqa: E402
from records.models import Record  # noqa: E402
from records.ordering import ORDERS  # noqa: E402
from records.selectors import records_selected  # noqa: E402


def plan(rows: QuerySet[Record]) -> dict[str, Any]:
    return json.loads(rows.explain(format="json"))[0]["Plan"]


def main(queries: list[str]) -> None:
    from django.http import QueryDict

    from ferproject.common.pagination import Position

    call_command("migrate", verbosity=0)
    person: Any = fill(20_000)
    plans = {}
    for query in queries:
        params = QueryDict(query)
        order = ORDERS[params.get("ordering", "-created_at")]
        rows = order.apply(records_selected(person, params).annotate(sort_key=order.key))
        plans[query] = plan(rows[:25])
        if len(middle := rows[500:501]):
            position = Position(middle[0].sort_key, middle[0].pk)
            plans[f"{query} (a later page)"] = plan(order.after(rows, position)[:25])
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        words = Record.objects.filter(search_text__contains="lighthouse")
        plans["trigrams"] = plan(words.order_by())
    json.dump(plans, sys.stdout)


main(sys.argv[1:])
