"""How fast each page of the app is there, and whether everybody can use it, by Lighthouse.

    .venv/bin/python -m benchmarks.pages [--runs 3] [--devtools] [--lighthouse COMMAND] [PATH ...]

Starts the product as `make serve` does, signs somebody up who has four records, and lets
Lighthouse (https://github.com/GoogleChrome/lighthouse, fetched by npx) open each page with an
empty cache in the local Chromium, as a phone and as a desktop computer. Both are Lighthouse's own
settings: the phone has a screen of 412x823, a processor slowed four times and slow 4G (150 ms,
1.6 Mbit/s), the desktop 1350x940, the machine's own processor, 40 ms and 10 Mbit/s. A page is
loaded at full speed and its times on such a device are worked out from the trace, as Lighthouse
does unless told otherwise (`--throttling-method=simulate`). With `--devtools` the phone's browser
itself is slowed down, which is harsher: each request waits 562.5 ms. Of several runs the one with
the median points counts. On a machine with other work the processor's times (TBT) are too long.
"""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from tests.browser import FLAGS, enter
from tests.stack import embedded, free_port

SIGNED_OUT = ("/", "/sign-in", "/sign-up", "/forgot-password")
SIGNED_IN = (
    *("/", "/consent", "/upload", "/records", "/records/ID", "/statistics"),
    *("/camera/photo", "/camera/live", "/camera/monitor", "/camera/practice"),
    "/camera/practice/scores",
    *("/settings", "/settings/security", "/settings/privacy", "/settings/tokens"),
)
METRICS = {
    "FCP s": "first-contentful-paint",
    "LCP s": "largest-contentful-paint",
    "SI s": "speed-index",
    "TBT ms": "total-blocking-time",
    "CLS": "cumulative-layout-shift",
}


@contextmanager
def browser(chromium: str | None, address: str, username: str) -> Iterator[tuple[int, str]]:
    """The port of a Chromium's developer tools, and a record of who is signed in, if anybody."""
    port = free_port()
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            base_url=address,
            executable_path=chromium,
            locale="en-GB",
            args=[*FLAGS, f"--remote-debugging-port={port}"],
        )
        record = ""
        if username:
            person = enter(context, context.new_page(), username)
            record = [person.upload(f"Picture {n}") for n in range(4)][-1]
        yield port, record
        context.close()


def lighthouse(command: Sequence[str], url: str, port: int, flags: Sequence[str]) -> dict[str, Any]:
    """Lighthouse's report of one visit."""
    answer = subprocess.run(
        (
            *(*command, url, f"--port={port}", "--quiet", "--output=json", "--output-path=stdout"),
            *("--only-categories=performance,accessibility", *flags),
        ),
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        sys.exit(answer.stderr)
    report: dict[str, Any] = json.loads(answer.stdout)
    assert report["finalDisplayedUrl"] == url, report["finalDisplayedUrl"]
    return report


def points(report: dict[str, Any], category: str) -> int:
    return round(100 * report["categories"][category]["score"])


def visit(
    options: argparse.Namespace, url: str, port: int, flags: Sequence[str]
) -> tuple[dict[str, float], int, int]:
    """The metrics of the run with the median points, its points, and those for accessibility."""
    reports = [lighthouse(options.lighthouse, url, port, flags) for _ in range(options.runs)]
    report = sorted(reports, key=lambda each: points(each, "performance"))[len(reports) // 2]
    metrics = {name: report["audits"][audit]["numericValue"] for name, audit in METRICS.items()}
    return metrics, points(report, "performance"), points(report, "accessibility")


def row(options: argparse.Namespace, url: str, port: int) -> list[str]:
    throttling = ["--throttling-method=devtools"] if options.devtools else []
    phone, on_phone, accessibility = visit(options, url, port, throttling)
    _, on_desktop, _ = visit(options, url, port, ["--preset=desktop"])
    return [
        *(f"{phone[name] / 1000:.1f}" for name in ("FCP s", "LCP s", "SI s")),
        f"{phone['TBT ms']:.0f}",
        f"{phone['CLS']:.3f}",
        *map(str, (on_phone, on_desktop, accessibility)),
    ]


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--devtools", action="store_true", help="slow the phone's browser itself")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument(
        "--lighthouse",
        type=shlex.split,
        # The last that runs on Node 20, as our own build does.
        default=["npx", "--yes", "lighthouse@12.8.2"],
        metavar="COMMAND",
    )
    parser.add_argument("paths", nargs="*", help="only these, such as /records/ID")
    options = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded(Path(folder) / "data") as (_, address),
    ):
        for username, paths in (("", SIGNED_OUT), ("ada.lovelace", SIGNED_IN)):
            chosen = [path for path in paths if not options.paths or path in options.paths]
            if not chosen:
                continue
            with browser(options.chromium, address, username) as (port, record):
                for path in chosen:
                    shown = path if username else f"{path} (signed out)"
                    url = address + path.replace("ID", record)
                    rows.append([shown, *row(options, url, port)])
    print_machine()
    print_table(["page", *METRICS, "phone", "desktop", "accessibility"], rows)


if __name__ == "__main__":
    main()
