import threading
from collections.abc import Iterator
from itertools import count

from mlcore.pool import Pool


def test_what_is_back_is_lent_again() -> None:
    numbers: Iterator[int] = count()
    pool = Pool(lambda: next(numbers), 2)
    with pool.lend() as first:
        pass
    with pool.lend() as again, pool.lend() as second:
        assert (first, again, second) == (0, 0, 1)


def test_who_asks_while_all_are_lent_waits() -> None:
    pool = Pool(object, 1)
    lent = []

    def ask() -> None:
        with pool.lend() as thing:
            lent.append(thing)

    with pool.lend() as thing:
        other = threading.Thread(target=ask)
        other.start()
        other.join(0.1)
        assert other.is_alive()
        assert lent == []
    other.join(10)
    assert lent == [thing]


def test_what_was_in_use_when_something_failed_is_lent_again() -> None:
    pool = Pool(object, 1)
    try:
        with pool.lend() as first:
            raise KeyError
    except KeyError:
        pass
    with pool.lend() as second:
        assert second is first
