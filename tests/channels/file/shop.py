"""A file shop in a folder of the test's own, and what its files give."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sluice.channels.file.connector import CONNECTOR, FileChannel
from sluice.channels.file.options import Options
from sluice.channels.protocol import Connection, Cursor, Page

SINCE, UNTIL = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
LINES: dict[str, Any] = {
    "files": "*.csv",
    "columns": {
        "order_id": "Order", "ordered_at": "At", "customer_id": "Buyer", "sku": "SKU", "quantity": "Qty", "unit_price": "Price",
    },
}  # fmt: skip
"""A mapping of order lines."""


def shop(folder: Path, **streams: Mapping[str, Any]) -> FileChannel:
    """A shop in Shanghai that deals in CNY; keywords that are no stream are options."""
    options = {name: streams.pop(name) for name in ("statuses", "orders_span_files") if name in streams}
    found = Options.model_validate({"folder": str(folder), "streams": streams, **options})
    return FileChannel(Connection("hangzhou", "", {}, "CNY", "Asia/Shanghai", SINCE, found))


def drop(folder: Path, name: str, text: str | bytes, at: datetime = MONDAY) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def pages(channel: FileChannel, stream: str, cursor: Cursor | None = None) -> list[Page]:
    return list(channel.pages(CONNECTOR.stream(stream), cursor))


def records(channel: FileChannel, stream: str) -> tuple[list[Any], list[str]]:
    """Records that keep their contract, and what is said of those that don't."""
    chosen = CONNECTOR.stream(stream)
    decoder = msgspec.json.Decoder(chosen.record, strict=False)
    good, refused = [], []
    for page in pages(channel, stream):
        for raw in CONNECTOR.records(chosen, page.body, page.context):
            try:
                good.append(decoder.decode(raw))
            except msgspec.ValidationError as fault:
                refused.append(str(fault))
    return good, refused


def read(folder: Path, text: str, **mapping: Any) -> tuple[list[Any], list[str]]:
    """The orders that one file of order lines gives under LINES with `mapping` added."""
    drop(folder, "x.csv", text)
    return records(shop(folder, order_lines=LINES | mapping), "order_lines")
