"""How long a list of records takes on PostgreSQL, by kind of request.

    python -m benchmarks.records --rows 1000000 --keep expression_lab_million

Makes a database on the server of `--postgresql`, fills it with rows of 91 people, of which one has
a tenth, and asks as that one, through the whole of Django. With `--keep` the database stays, under
that name, and is taken as it is the next time; else it is dropped in the end.
"""

import os
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table

SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
RECORDS = "/api/v1/records/"
REQUESTS = {
    "newest": "",
    "oldest": "ordering=created_at",
    "by name": "ordering=name",
    "by name, backwards": "ordering=-name",
    "the surest": "ordering=-probability",
    "the least sure": "ordering=probability",
    "search: a word of all": "search=img",
    "search: a word of a tenth": "search=beach",
    "search: a rare word": "search=lighthouse",
    "search: two words": "search=birthday+lighthouse",
    "search: a word of the oldest": "search=winter",
    "search: the same, by name": "search=winter&ordering=name",
    "search: one record": "search=img_500000",
    "search: a word of none": "search=xylophone",
    "search: two letters of all": "search=im",
    "search: two letters of few": "search=gh",
    "search: two letters of none": "search=qx",
    "search: one letter of many": "search=b",
    "search: one letter of some": "search=q",
    "search: %": "search=%25",
    "search: _": "search=_",
    "search: a quotation mark": "search=%22",
    "search: emoji": "search=" + quote("🏖️"),
    "search: emoji of none": "search=" + quote("🦄"),
    "search: Chinese, one character": "search=" + quote("海"),
    "search: Chinese": "search=" + quote("海边"),
    "search: a rare word, by probability": "search=lighthouse&ordering=-probability",
    "expression": "expression=disgust",
    "three expressions": "expression=disgust&expression=fear&expression=angry",
    "corrected": "corrected=true",
    "corrected to": "corrected_expression=sad",
    "corrected to, none": "corrected_expression=happy",
    "probability": "probability_min=0.5&probability_max=0.51",
    "an early month": "created_from=2020-02-01&created_to=2020-02-29",
    "kind, a hundredth": "kind=live",
    "kind, none": "kind=practice",
    "two kinds, none": "kind=practice&kind=video",
    "tag of many": "tag=often",
    "tag of few": "tag=rare",
    "tag of the oldest": "tag=early",
    "two tags": "tag=often&tag=rare",
    "two tags of many": "tag=often&tag=early",
    "tag of the oldest, by name": "tag=early&ordering=name",
    "model version": "model_version=2026.12.24-2",
    "uncertain": "uncertain=true",
    "without a face": "faces=none",
    "failed": "state=failed",
    "expression, by name": "expression=disgust&ordering=name",
    "kind, none, by name": "kind=practice&ordering=name",
    "several filters": "expression=happy&kind=photo&uncertain=false&probability_min=0.9&tag=often",
    "several filters, none": "expression=happy&kind=live&corrected_expression=happy&tag=often",
    "several filters and a word": "expression=fear&kind=picture&faces=some&search=beach",
    "several filters and two letters": "expression=sad&uncertain=true&search=gh&ordering=name",
}
OTHERS = {"tags": "/api/v1/tags/"}
STATISTICS = {
    "statistics": "",
    "statistics of an expression": "expression=disgust",
    "statistics of a month": "created_from=2020-02-01&created_to=2020-02-29",
    "statistics of a search": "search=beach",
}


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="each request is made")
    parser.add_argument("--only", default="", help="requests whose name holds this")
    parser.add_argument("--keep", metavar="NAME", help="of the database, which stays")
    parser.add_argument(
        "--postgresql", default=SERVER, help="a server where one may make databases"
    )
    options = parser.parse_args()
    print_machine()
    with database(options.postgresql, options.keep) as is_new:
        prepare(options.rows if is_new else None)
        measure(options.times, options.only)


@contextmanager
def database(server: str, keep: str | None) -> Iterator[bool]:
    """A database for Django to use; True if it is new."""
    name = keep or f"expression_lab_{uuid.uuid4().hex[:12]}"
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    admin = psycopg2.connect(server)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        is_new = cursor.fetchone() is None
        if is_new:
            cursor.execute(f'CREATE DATABASE "{name}"')
        done = False
        try:
            yield is_new
            done = True
        finally:
            # One that was not filled to its end is of no use the next time.
            if not keep or (is_new and not done):
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def prepare(rows: int | None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ferproject.settings")
    # Sets Django up, and its process, as a web server does.
    from django.core.management import call_command
    from django.db import connection

    import ferproject.wsgi  # noqa: F401
    from benchmarks.record_rows import fill

    call_command("migrate", verbosity=0)
    if rows is not None:
        begun = time.perf_counter()
        fill(rows)
        print(f"{rows:,} records made in {time.perf_counter() - begun:.0f} s\n")
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        print_table(["of the records' table", "MB"], cursor.fetchall())
    print()


SIZES = """
SELECT 'rows', (pg_table_size('records_record') / 1000000)::text
UNION ALL SELECT indexrelname::text, (pg_relation_size(indexrelid) / 1000000)::text
    FROM pg_stat_user_indexes WHERE relname = 'records_record' ORDER BY 1 DESC
"""


def measure(times: int, only: str) -> None:
    from django.contrib.auth import get_user_model
    from rest_framework.test import APIClient

    person = get_user_model().objects.order_by("pk").first()
    client = APIClient(SERVER_NAME="localhost")
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    urls = {}
    for what, query in REQUESTS.items():
        urls[what] = f"{RECORDS}?{query}"
        if only in what and (cursor := middle(person, query)):
            urls[f"{what}, the middle page"] = f"{RECORDS}?{query}&cursor={cursor}"
    urls |= {what: f"{RECORDS}statistics/?{query}" for what, query in STATISTICS.items()}
    urls |= OTHERS
    chosen = {what: url for what, url in urls.items() if only in what}
    print_table(
        ["request", "records", "fastest (ms)", "p50 (ms)", "p95 (ms)"],
        (row(client, what, url, times) for what, url in chosen.items()),
    )


def middle(person: Any, query: str) -> str:
    """The cursor of the page in the middle of a list; nothing where there are few pages."""
    from django.http import QueryDict

    from ferproject.common.pagination import Position
    from records.ordering import ORDERS
    from records.selectors import records_selected

    params = QueryDict(query)
    order = ORDERS[params.get("ordering", "-created_at")]
    rows = records_selected(person, params)
    half = rows.order_by().count() // 2
    if half < 50:
        return ""
    key = order.apply(rows.annotate(sort_key=order.key))[half]
    return Position(key.sort_key, key.pk).encode(order)


def row(client: Any, what: str, url: str, times: int) -> list[str]:
    answer = timed(client, url)[1]
    found = len(answer["results"]) if "results" in answer else "-"
    durations = [timed(client, url)[0] for _ in range(times)]
    p95 = statistics.quantiles(durations, n=20)[-1]
    figures = (min(durations), statistics.median(durations), p95)
    return [what, str(found), *(f"{figure:.1f}" for figure in figures)]


def timed(client: Any, url: str) -> tuple[float, Any]:
    """Milliseconds that an answer took, and the answer."""
    begun = time.perf_counter()
    response = client.get(url)
    duration = (time.perf_counter() - begun) * 1000
    assert response.status_code == 200, response.content
    return duration, response.json()


if __name__ == "__main__":
    main()
