"""Lands generated pages of the toy channel as a process of its own: python -m tests.landing.lander URL PAGES DIE_AT.

DIE_AT is empty or `<place>:<page>`: the process kills itself, as a power cut would, when that page has come so far.
"""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sluice import warehouse
from sluice.channels.protocol import Connector, Cursor, Page, Stream
from sluice.landing.land import Landed, land
from tests.landing.toy import CONNECTION, ORDERS, Toy, order, page, toy

RECORDS = 1_000
"""A page: a few of them are a batch."""


def generated(number: int) -> Page:
    """Page `number`: new orders, changes to those of the page before, and one broken record."""
    fresh = [order(number * RECORDS + one, name=f"page {number}") for one in range(RECORDS - 11)]
    changed = [order((number - 1) * RECORDS + one, 1, name=f"changed by {number}") for one in range(10)] if number else []
    return page([*fresh, *changed, order(10**6 + number, paid="perhaps")], at=number, cursor=number + 1)


class Dying(Toy):
    """A channel in whose middle the process may die."""

    def __init__(self, count: int, die_at: str) -> None:
        self.count = count
        self.die_at = die_at

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        for number in range(cursor["next"] if cursor else 0, self.count):
            if self.die_at == f"reading:{number}":
                die()
            yield generated(number)


def connector(count: int, die_at: str) -> Connector:
    return replace(toy(), open=lambda connection: Dying(count, die_at))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, count: str, die_at: str) -> None:
    def report(landed: Landed) -> None:
        if die_at == f"committed:{landed.pages}":
            die()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        # a lake file gets its name before the transaction that counts it commits
        if event == "os.rename" and die_at == "renamed" and str(arguments[1]).endswith(".parquet"):
            die()

    sys.addaudithook(audit)
    with warehouse.connect(url) as db:
        land(db, connector(int(count), die_at), CONNECTION, ORDERS, report)


if __name__ == "__main__":
    main(*sys.argv[1:])
