"""Seconds from `make serve` to the first page: in a clean clone, and again.

    .venv/bin/python -m benchmarks.start

A clean clone has no virtual environment, so the first start installs what serving needs; how long
that takes is mostly the network's matter. Beside it, for comparison, the time that installing the
whole product with TensorFlow takes in the same run, which serving does without.
"""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table

ROOT = Path(__file__).resolve().parent.parent
PORT = 18731


def main() -> None:
    command_parser(__doc__).parse_args()
    print_machine()
    with tempfile.TemporaryDirectory(prefix="expression-lab-clone-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        first = seconds_to_first_page(clone)
        again = seconds_to_first_page(clone)
        serving = megabytes(clone / ".venv")
        started = time.monotonic()
        subprocess.run(["make", "install-full"], cwd=clone, check=True, capture_output=True)
        full = time.monotonic() - started
        whole = megabytes(clone / ".venv")
    print_table(
        ["`make serve` to the first page", "seconds", "installed"],
        [
            ["in a clean clone", f"{first:.1f}", f"{serving:,.0f} MB"],
            ["again", f"{again:.1f}", ""],
            [
                "in a clean clone, had it installed TensorFlow too",
                f"{first + full:.1f} ({(first + full) / first:.1f} times)",
                f"{whole:,.0f} MB",
            ],
        ],
    )


def seconds_to_first_page(clone: Path) -> float:
    env = {name: value for name, value in os.environ.items() if name != "DATA_DIR"}
    started = time.monotonic()
    server = subprocess.Popen(
        ["make", "serve", f"PORT={PORT}"],
        cwd=clone,
        env=env,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while server.poll() is None:
            try:
                page = urllib.request.urlopen(f"http://localhost:{PORT}/", timeout=5)
                assert b'id="app"' in page.read()
                return time.monotonic() - started
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise SystemExit("`make serve` ended before it showed a page.")
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(timeout=60)


def megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


if __name__ == "__main__":
    main()
