"""Lists of Vendure walked to their end. It pages by offset only, so what changes meanwhile shifts the rest past a reader."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels.vendure.client import Client, Reply, TooComplex

log = logging.getLogger(__name__)
MARGIN = timedelta(seconds=1)
"""Some databases keep whole seconds, others more than is told: what follows a time starts a second before it."""


class Listed(Struct):
    totalItems: int
    items: list[Raw]


@dataclass(frozen=True, slots=True)
class Answer:
    """A page's body and what is in it; `asked` is how many records it could have held."""

    body: bytes
    total: int
    items: list[Raw]
    asked: int

    @property
    def is_last(self) -> bool:
        return len(self.items) < self.asked


def listed(body: bytes) -> Listed:
    """The one list in an answer."""
    (found,) = msgspec.json.decode(msgspec.json.decode(body, type=Reply).data, type=dict[str, Listed]).values()
    return found


@dataclass
class Lists:
    """Asks for pages of at most `size` records, fewer where the server finds that too much."""

    client: Client
    size: int

    def page(self, operation: str, **options: Any) -> Answer:
        """One page. Raises Refused, ChannelError."""
        while True:
            try:
                body = self.client.ask(operation, options=options | {"take": self.size})
            except TooComplex:
                if self.size == 1:
                    raise
                self.size //= 2
                continue
            found = listed(body)
            return Answer(body, found.totalItems, found.items, self.size)

    def by_id(self, operation: str, **options: Any) -> Iterator[tuple[Answer, bool]]:
        """Pages in order of id, with whether the walk is whole: one that brought fewer than were counted missed some."""
        skip, most = 0, 0
        while True:
            answer = self.page(operation, skip=skip, sort={"id": "ASC"}, **options)
            skip, most = skip + len(answer.items), max(most, answer.total)
            yield answer, answer.is_last and skip >= most
            if answer.is_last:
                return

    def by_time(self, operation: str, field: str, since: datetime, **filters: Any) -> Iterator[tuple[Answer, datetime]]:
        """Pages of what has `field` after `since`, oldest first, each with the time up to which all has been read with it.

        Every page starts anew at the last time seen, so nothing that moves to the end meanwhile shifts the rest. Records of one
        time come in any order: GraphQL puts the keys of `sort` into the schema's order, so beside a time an id would come first.
        """
        since, left = since.astimezone(UTC), 0
        seen = since
        while True:
            wanted = {field: {"after": stamp(since)}, **filters}
            answer = self.page(operation, sort={field: "ASC"}, filter=wanted)
            if answer.total < left:
                # Fewer than the page before left to come: an answer from elsewhere, or records are gone. The second word counts.
                answer = self.page(operation, sort={field: "ASC"}, filter=wanted)
            left = answer.total - len(answer.items)
            seen = max([seen, *times(answer.items, field)])
            yield answer, seen
            if answer.is_last:
                return
            if seen - MARGIN > since:
                since = seen - MARGIN
            else:
                yield from self._moment(operation, field, since, seen + MARGIN, filters)
                since, left = seen + MARGIN, 0

    def _moment(
        self, operation: str, field: str, since: datetime, until: datetime, filters: Mapping[str, Any]
    ) -> Iterator[tuple[Answer, datetime]]:
        """All of a time that fills a page by itself, by id."""
        wanted = {field: {"between": {"start": stamp(since), "end": stamp(until)}}, **filters}
        for answer, _ in self.by_id(operation, filter=wanted):
            yield answer, since


def times(items: list[Raw], field: str) -> Iterator[datetime]:
    """The times of records. One that has none is landing's to quarantine."""
    for item in items:
        try:
            value = msgspec.json.decode(item, type=dict[str, Raw])[field]
            yield msgspec.json.decode(value, type=datetime).astimezone(UTC)
        except (KeyError, msgspec.MsgspecError) as fault:
            log.warning("a record has no usable %s: %s", field, fault)


def stamp(moment: datetime) -> str:
    """A time as Vendure reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
