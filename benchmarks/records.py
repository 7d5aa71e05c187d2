"""How long a list of records takes on PostgreSQL, by kind of request.

    python -m benchmarks.records --rows 1000000

Makes a database of its own on the server of `--postgresql`, fills it with rows of 91 people, of
which one has a tenth, and asks as that one, through the whole of Django; drops it in the end.
"""

import argparse
import os
import statistics
import time
import uuid
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from benchmarks.table import print_machine, print_table

SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REQUESTS = {
    "newest": "",
    "oldest": "ordering=created_at",
    "by name": "ordering=name",
    "by name, backwards": "ordering=-name",
    "the surest": "ordering=-probability",
    "the least sure": "ordering=probability",
    "search: a tenth of the records": "search=beach",
    "search: a thousandth": "search=lighthouse",
    "search: two words": "search=birthday+lighthouse",
    "search: one record": "search=img_500000",
    "search: nothing": "search=xylophone",
    "search: two letters, nothing": "search=qx",
    "search: %": "search=%25",
    "expression": "expression=disgust",
    "three expressions": "expression=disgust&expression=fear&expression=angry",
    "corrected": "corrected=true",
    "corrected to": "corrected_expression=sad",
    "corrected to, nothing": "corrected_expression=happy",
    "probability": "probability_min=0.5&probability_max=0.51",
    "an early month": "created_from=2020-02-01&created_to=2020-02-29",
    "kind, a hundredth": "kind=live",
    "kind, nothing": "kind=practice",
    "two kinds, nothing": "kind=practice&kind=video",
    "tag, many": "tag=often",
    "tag, few": "tag=rare",
    "two tags": "tag=often&tag=rare",
    "model version": "model_version=2026.12.24-2",
    "uncertain": "uncertain=true",
    "without a face": "faces=none",
    "failed": "state=failed",
    "expression, by name": "expression=disgust&ordering=name",
    "kind, nothing, by name": "kind=practice&ordering=name",
    "search, by probability": "search=lighthouse&ordering=-probability",
    "several": "expression=happy&kind=photo&uncertain=false&probability_min=0.9&tag=often",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="each request is made")
    parser.add_argument("--page", type=int, default=100, help="the later page that is measured")
    parser.add_argument(
        "--postgresql", default=SERVER, help="a server where one may make databases"
    )
    options = parser.parse_args()
    print_machine()
    name = f"expression_lab_{uuid.uuid4().hex[:12]}"
    admin = psycopg2.connect(options.postgresql)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            os.environ["DATABASE_URL"] = urlunsplit(
                urlsplit(options.postgresql)._replace(path=f"/{name}")
            )
            prepare(options.rows)
            measure(options.times, options.page)
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def prepare(rows: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ferproject.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.record_rows import fill

    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    fill(rows)
    print(f"{rows:,} records made in {time.perf_counter() - begun:.0f} s\n")


def measure(times: int, page: int) -> None:
    from django.contrib.auth import get_user_model
    from rest_framework.test import APIClient

    person = get_user_model().objects.order_by("pk").first()
    client = APIClient(SERVER_NAME="localhost")
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")

    def row(what: str, url: str) -> list[str]:
        durations = [timed(client, url)[0] for _ in range(times + 1)][1:]
        found = len(timed(client, url)[1]["results"])
        p95 = statistics.quantiles(durations, n=20)[-1]
        figures = (min(durations), statistics.median(durations), p95)
        return [what, str(found), *(f"{figure:.1f}" for figure in figures)]

    lines = []
    for what, query in REQUESTS.items():
        url = f"/api/v1/records/?{query}"
        lines.append(row(f"{what}, page 1", url))
        for _number in range(2, page + 1):
            following = timed(client, url)[1]["next"]
            if following is None:
                break
            url = following
        else:
            lines.append(row(f"{what}, page {page}", url))
    print_table(["request", "records", "fastest (ms)", "p50 (ms)", "p95 (ms)"], lines)


def timed(client: Any, url: str) -> tuple[float, Any]:
    """Milliseconds that an answer took, and the answer."""
    begun = time.perf_counter()
    response = client.get(url)
    duration = (time.perf_counter() - begun) * 1000
    assert response.status_code == 200, response.content
    return duration, response.json()


if __name__ == "__main__":
    main()
