"""A batch is made ready in a thread while the one before it is written, so that the channel and the database wait for nobody."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar, cast

from sluice.landing.decide import Read
from sluice.landing.delivery import READING_FAULTS, Batch

T = TypeVar("T")

TURN = 0.0005
"""Seconds that a thread may compute while another one waits. Python's own 5 ms, at each of the hundred answers that a batch waits
for, would leave the database idle as long as it works."""


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a thread while the one before it is used."""
    end = object()
    with ThreadPoolExecutor(1, "read") as beside, _short_turns():
        upcoming = beside.submit(next, items, end)
        while (item := upcoming.result()) is not end:
            upcoming = beside.submit(next, items, end)
            yield cast(T, item)


def make(batch: Batch, read: Read) -> None:
    """Read the records before it is known which of them are new. One that breaks its contract says so in its turn."""
    for one in batch.delivered:
        with suppress(*READING_FAULTS):
            one.made = read(one)


@contextmanager
def _short_turns() -> Iterator[None]:
    """For the whole process: landings beside each other may leave it so, which costs next to nothing."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
