"""A long history read as one bulk operation: Shopify writes it into a file, and no points are counted for it.

The file is landed oldest change first, like pages, and the cursor means what it means for them: everything that changed up to it
is landed. So a reading that is cut short goes on with the same operation while its file is there, and by pages once it is not.
"""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
import requests
from msgspec import Raw

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.shopify import bulk_query
from sluice.channels.shopify.client import RIGHT_MISSING, Client
from sluice.channels.shopify.graphql import PARTS
from sluice.channels.shopify.inside import with_insides
from sluice.channels.shopify.jsonl import Broken, joining
from sluice.channels.transport import Transient, Transport, check_status

log = logging.getLogger(__name__)
SINCE_VERSION = "2026-01"
"""Older versions can't ask for an operation by its id. (`unstable` sorts after all of them.)"""
BUSY = ("CREATED", "RUNNING", "CANCELING")
FIRST_PAUSE, LONGEST_PAUSE, LONGEST = 1.0, 30.0, 6 * 3600.0
"""Seconds between two looks at an operation, growing; and seconds after which it is given up."""
PAGE = 250


class NoBulk(ChannelError):
    """This history can't be had so; by pages it can."""


class Operation(msgspec.Struct):
    id: str
    status: str
    createdAt: datetime
    errorCode: str | None = None
    objectCount: str = "0"
    url: str | None = None


class Known(msgspec.Struct):
    id: str
    status: str
    query: str


T = TypeVar("T")
Fields = dict[str, Raw]


@dataclass(frozen=True)
class History:
    """The history of one stream. `download` fetches files, which lie elsewhere and want no token."""

    client: Client
    stream: str
    download: Transport

    def is_long(self, found_by: str, least: int) -> bool:
        """Whether there are at least so many records."""
        body = self.client.ask(bulk_query.count(self.stream), query=found_by, limit=max(least, 1))
        return int(_at(body, "found", dict[str, int])["count"]) >= least

    def start(self, found_by: str) -> str:
        """The id of an operation that exports this: one that is at it already, or a new one. Raises NoBulk."""
        text = bulk_query.export(self.stream, found_by)
        nodes = _at(self.client.ask(bulk_query.UNDER_WAY), "bulkOperations", dict[str, list[Known]])["nodes"]
        running = [one.id for one in nodes if one.status in BUSY[:2] and one.query.strip() == text]
        if running:
            return running[0]
        run = _at(self.client.ask(bulk_query.RUN, query=text), "bulkOperationRunQuery", Fields)
        if errors := msgspec.json.decode(run["userErrors"], type=list[dict[str, Raw]]):
            words = "; ".join(msgspec.json.decode(error["message"], type=str) for error in errors)
            raise NoBulk(f"Shopify runs no bulk operation now: {words}")
        return msgspec.json.decode(run["bulkOperation"], type=Operation).id

    def pages(self, ident: str, since: datetime) -> Iterator[tuple[bytes, datetime]]:
        """Bodies like those of pages, of what changed at `since` or later, and when the operation began. Raises NoBulk."""
        operation = self._finished(ident)
        if operation.url is None:
            return
        with tempfile.TemporaryDirectory(prefix="sluice-bulk-") as folder, joining(Path(folder)) as joined:
            file = Path(folder) / "answer.jsonl"
            self.download.send("GET", operation.url, partial(_save, file), stream=True)
            with file.open("rb") as lines:
                try:
                    loaded = joined.load(lines)
                except Broken as fault:
                    raise NoBulk(str(fault)) from fault
            if loaded < int(operation.objectCount):
                raise NoBulk(f"Shopify's file has {loaded} of {operation.objectCount} objects")
            records = joined.records(since, tuple(part.field for part in PARTS[self.stream] if part.connection))
            while some := list(islice(records, PAGE)):
                nodes = with_insides(self.client, self.stream, some)
                yield (
                    msgspec.json.encode({"data": {self.stream: {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}}),
                    operation.createdAt.astimezone(UTC),
                )

    def _finished(self, ident: str) -> Operation:
        """The operation when it is over and well. Raises NoBulk, Refused."""
        waited, pause = 0.0, FIRST_PAUSE
        while waited < LONGEST:
            answer = _at(self.client.ask(bulk_query.OPERATION, id=ident), "bulkOperation", Raw)
            if bytes(answer) == b"null":
                raise NoBulk(f"Shopify knows nothing of {ident} any more")
            found = msgspec.json.decode(answer, type=Operation)
            if found.status == "COMPLETED":
                return found
            if found.errorCode == "ACCESS_DENIED":
                raise Refused(RIGHT_MISSING.format(f"a bulk operation of {self.stream} was denied"))
            if found.status not in BUSY:
                # partialDataUrl would be a part of the records in no order: what is missing of them can't be known
                raise NoBulk(f"Shopify's bulk operation ended as {found.status} {found.errorCode or ''}".rstrip())
            log.info("%s of %s: %s objects so far", ident, self.stream, found.objectCount)
            self.client.pause(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
        raise NoBulk(f"Shopify still works on {ident} after {LONGEST / 3600:.0f} hours")


def _at(body: bytes, root: str, kind: type[T]) -> T:
    """What an answer says of one root field."""
    data = msgspec.json.decode(body, type=dict[str, Raw])["data"]
    return msgspec.json.decode(msgspec.json.decode(data, type=Fields)[root], type=kind)


def _save(file: Path, response: requests.Response) -> None:
    """The body into the file, from its start at every try. Raises Throttled, Transient (a body cut off, too) and NoBulk.

    A refusal is the file's, whose address ends after seven days, and not that of the shop's credentials.
    """
    if 400 <= response.status_code < 500 and response.status_code != 429:
        raise NoBulk(f"the bulk operation's file can't be had: HTTP {response.status_code}")
    check_status(response)
    try:
        with file.open("wb") as out:
            for block in response.iter_content(1 << 20):
                out.write(block)
    except requests.RequestException as fault:
        raise Transient(type(fault).__name__) from fault
