"""What long work tells a person who is watching."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping


@contextlib.contextmanager
def progress_bar(words: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what to call with (done, total), or None where stderr is no terminal.

    The bar is tqdm's, which comes with training; serving alone shows per cent.
    """
    if not sys.stderr.isatty():
        yield None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield lambda done, total: _rewrite(_percent(words, done, total))
        _rewrite("")
        return
    with tqdm(desc=words, unit="", unit_scale=True, leave=False, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def _percent(words: str, done: int, total: int) -> str:
    return f"{words}: {min(done / total, 1):.0%}" if total else f"{words}: {done}"


def _rewrite(line: str) -> None:
    sys.stderr.write(f"\r\x1b[K{line}")
    sys.stderr.flush()


def epoch_line(row: Mapping[str, float], epochs: int) -> str:
    """A finished epoch of a training run in a line, from its row of the history."""
    scores = ", ".join(
        f"{words} {row[name]:.4f}"
        for name, words in (("public_fer2013", "labels"), ("public_ferplus", "FER+ votes"))
        if name in row
    )
    return (
        f"epoch {row['epoch']:.0f} of {epochs}: loss {row['loss']:.3f}, accuracy "
        f"{row['accuracy']:.3f}; PublicTest {scores} ({row['seconds']:.0f} s)"
    )
