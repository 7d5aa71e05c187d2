"""The command line of the measurements."""

import argparse
import sys
from pathlib import Path


def command_parser(docstring: str | None) -> argparse.ArgumentParser:
    """A parser whose `--help` prints a module's docstring, its tables as they stand."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{Path(sys.argv[0]).stem}",
        description=docstring,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
