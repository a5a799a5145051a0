"""Threads that share one interpreter with a database connection."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

INTERVAL = 0.0002
"""Seconds that a thread computes on while another one waits for its turn."""


@contextmanager
def brisk() -> Iterator[None]:
    """While the block runs, a thread that has an answer of the database goes on at once.

    Python lets a thread that computes keep the interpreter for 5 ms after another one asks for it. A COPY asks several times,
    so beside a thread that decodes it would take thrice its time, the database idle meanwhile.
    """
    usual = sys.getswitchinterval()
    if usual <= INTERVAL:  # a landing beside this one has seen to it
        yield
        return
    sys.setswitchinterval(INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
