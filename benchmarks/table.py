"""How results are printed: as Markdown, so that they go into a document as they are."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows that take long to measure are printed one by one."""
    print(f"| {' | '.join(head)} |")
    print(f"|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def print_machine() -> None:
    """One line about where the figures come from."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    load = os.getloadavg()[0]
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"{os.cpu_count()} cores of {processor}, Python {version}, load before {load:.1f}\n")
