"""File drop: CSV, TSV, spreadsheets and Parquet put into a folder, with columns named in `sluice.yaml`.

A file is ready when its name does not end in .tmp or .part: write under such a name, then rename. What was landed once is not
landed again, unless the mapping has changed since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sluice.channels.file import claims as file_claims
from sluice.channels.file.contract import Customer, Order, OrderLines, Payment, Product
from sluice.channels.file.options import Options
from sluice.channels.file.records import records
from sluice.channels.protocol import Answer, ChannelError, Connection, Connector, Cursor, OrderClaim, Page, Quota, Stream

UNFINISHED = (".tmp", ".part", ".crdownload")
HIDDEN = (".", "~$")
"""Hidden files, and the lock that a spreadsheet program leaves beside an open file."""


@dataclass(frozen=True)
class FileChannel:
    connection: Connection

    @property
    def options(self) -> Options:
        options: Options = self.connection.options
        return options

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """One page a file that is new or has changed, oldest first. Raises ChannelError where there is no folder."""
        mapping = self._mapping(stream.name)
        if mapping is None:
            return
        digest = sha256(msgspec.json.encode(mapping, order="sorted")).hexdigest()
        known: dict[str, str] = dict(cursor["files"]) if cursor and cursor["mapping"] == digest else {}
        for path in self._files(stream.name):
            body = path.read_bytes()
            name, content = self._name(path), sha256(body).hexdigest()
            if known.get(name) == content:
                continue
            known[name] = content
            context = mapping | {"file": name, "sha256": content, "modified_at": _modified_at(path)}
            yield Page(body, {"mapping": digest, "files": dict(known)}, context=context)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        zone = ZoneInfo(self.connection.timezone)
        orders, lines = self._bodies("orders"), self._bodies("order_lines")
        for moment, claim in file_claims.claims(self.options, orders, lines, zone, self.connection.currency):
            if file_claims.within(since, until, moment):
                yield claim

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        raise ChannelError("a file drop takes no quotas: it is read only")

    def _mapping(self, stream: str) -> dict[str, Any] | None:
        """All of the options that decide what records a file gives; None where the shop has no such stream."""
        found = self.options.stream(stream)
        if found is None:
            return None
        return {
            "mapping": found.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "statuses": dict(self.options.statuses),
            "orders_span_files": self.options.orders_span_files,
            "currency": self.connection.currency,
        }

    def _files(self, stream: str) -> list[Path]:
        folder, mapping = Path(self.options.folder), self.options.stream(stream)
        if mapping is None:
            return []
        if not folder.is_dir():
            raise ChannelError(f"options.folder: {folder.absolute()} is no folder; make it, or name the one the files come to")
        found = (path for path in folder.glob(mapping.files) if path.is_file())
        ready = [path for path in found if not path.name.endswith(UNFINISHED) and not path.name.startswith(HIDDEN)]
        return sorted(ready, key=lambda path: (path.stat().st_mtime_ns, self._name(path)))

    def _bodies(self, stream: str) -> Iterator[tuple[str, bytes]]:
        return ((self._name(path), path.read_bytes()) for path in self._files(stream))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.options.folder).as_posix()


def _modified_at(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


CONNECTOR = Connector(
    name="file",
    kind="store",
    streams=(
        Stream("customers", Customer, key=("customer_id",), version="version", made="first_seen_at"),
        Stream("products", Product, key=("product_id", "listing_id"), version="version"),
        Stream("orders", Order, key=("order_id",), version="version", order_key="order_id", made="ordered_at"),
        Stream("order_lines", OrderLines, key=("order_id", "part"), version="version", order_key="order_id", made="ordered_at"),
        Stream("payments", Payment, key=("order_id", "payment_id"), version="version", order_key="order_id"),
    ),
    open=FileChannel,
    records=records,
    options=Options,
)
