"""Records made whole: an order's refunds and a product's varieties, which WooCommerce tells at addresses of their own."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from sluice.channels.woocommerce.client import Client, Missing
from sluice.channels.woocommerce.walk import Records, numbered

Fields = dict[str, Raw]
Making = Callable[[Client, Fields], Fields]


def page(client: Client, body: bytes, make: Making) -> bytes:
    """The page with each record as `make` completes it; the very same bytes where nothing was to be added."""
    records = msgspec.json.decode(body, type=Records)
    made = [make(client, record) for record in records]
    if all(before is after for before, after in zip(records, made, strict=True)):
        return body
    return msgspec.json.encode(made)


def order(client: Client, record: Fields) -> Fields:
    """With its refunds as their own records tell them: which lines, how many pieces, when."""
    summaries = _ids(record.get("refunds"))
    if not summaries:
        return record
    try:
        full = {_id(one): one for one in numbered(client, f"orders/{_id(record)}/refunds")}
    except Missing:
        return record  # deleted since the list was made; it will be found gone
    listed = msgspec.json.decode(record["refunds"], type=Records)
    # A refund that was deleted since then is not there any more; one that was made since comes with the next reading.
    return record | {
        "refunds": _raw([one | full[number] for number, one in zip(summaries, listed, strict=True) if number in full])
    }


def product(client: Client, record: Fields) -> Fields:
    """With its variations, each as its own record."""
    if not _ids(record.get("variations")):
        return record
    try:
        return record | {"variation_records": _raw(numbered(client, f"products/{_id(record)}/variations"))}
    except Missing:
        return record


def _ids(value: Raw | None) -> list[int]:
    """Of a list of ids, or of records that have one; none where it is neither, which is landing's to judge."""
    try:
        listed: list[Any] = msgspec.json.decode(value or b"[]", type=list)
        return [one["id"] if isinstance(one, dict) else int(one) for one in listed]
    except (msgspec.ValidationError, KeyError, TypeError, ValueError):
        return []


def _id(record: Fields) -> int:
    return msgspec.json.decode(record["id"], type=int)


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
