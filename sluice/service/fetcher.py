"""Orders that a notification only names, read from their channel at once: in a thread beside, the sender does not wait for it."""

import logging
from collections.abc import Callable, Sequence

from sluice import warehouse
from sluice.channels.protocol import Connection, Connector
from sluice.landing.land import land_again
from sluice.service.group_commit import GroupCommit

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50
MOST_WAITING = 5_000


def can_fetch(connector: Connector) -> bool:
    """Whether orders of the channel can be read by their ids."""
    return any(stream.unstamped for stream in connector.streams)


class Fetcher:
    """Lands named orders of one shop, all that wait at once. What it can't read is found by the next landing."""

    def __init__(self, url: str, connector: Connector, shop: str, connect: Callable[[], Connection]) -> None:
        self._url = url
        self._connector = connector
        self._orders = next(stream for stream in connector.streams if stream.unstamped)
        self._connect = connect
        self._where = f"{connector.name}/{shop}"
        self._commit = GroupCommit(f"fetch {self._where}", self._fetch, lambda fault, count: False, MOST_AT_ONCE)
        self.start, self.stop = self._commit.start, self._commit.stop

    def ask(self, order_id: str) -> None:
        """It will be read soon."""
        if self._commit.waiting < MOST_WAITING:
            self._commit.ask(order_id)

    def _fetch(self, ids: Sequence[str]) -> list[None]:
        try:
            with warehouse.connect(self._url) as db:
                land_again(db, self._connector, self._connect(), self._orders, sorted(set(ids)))
        except Exception as fault:  # whatever it is: the events are kept, and the next landing reads the orders
            log.warning("%d orders of %s were told and could not be read now: %s", len(ids), self._where, type(fault).__name__)
        return [None] * len(ids)
