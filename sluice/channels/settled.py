"""A list that has pages but no cursor, read until it rests: it may shift while it is read, and a record is then passed by."""

from collections.abc import Callable, Iterator

from sluice.channels.protocol import ChannelError, Page
from sluice.channels.windows import Told, identity

READINGS = 4
"""How often the list is read at most."""


def settled(name: str, key: str, ask: Callable[[int], Told]) -> Iterator[Page]:
    """All pages of a snapshot, asked for by number from 1, whose records are known by `key`.

    The last is `complete` when two readings agree, or one where a page holds the whole list. A record that shifts out of one
    reading is in the other. Raises ChannelError where the list never rests.
    """
    before: list[bytes] | None = None
    for _ in range(READINGS):
        number, told = 1, ask(1)
        ids = [identity(record, key) for record in told.records]
        while told.records and len(ids) < told.total:
            yield Page(told.body)
            number, told = number + 1, ask(number + 1)
            ids += [identity(record, key) for record in told.records]
        rests = len(set(ids)) == told.total and (number == 1 or ids == before)
        yield Page(told.body, complete=rests)
        if rests:
            return
        before = ids
    raise ChannelError(f"{name} kept changing through {READINGS} readings; the next run starts again")
