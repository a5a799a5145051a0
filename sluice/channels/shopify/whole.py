"""Long records made whole: nested sets that one answer did not bring to their end are fetched and merged into the page."""

import logging

import msgspec
from msgspec import Raw

from sluice.channels.shopify.client import Client, PageInfo
from sluice.channels.shopify.graphql import FIRST, PARTS, Part, rest

log = logging.getLogger(__name__)
AT_ONCE = 100
"""Nested records asked for at once, where a page's share of them was too small."""
MOST = 250


class Connection(msgspec.Struct):
    nodes: list[Raw]
    pageInfo: PageInfo


class Identified(msgspec.Struct):
    id: str


Fields = dict[str, Raw]


def whole_page(client: Client, stream: str, body: bytes) -> bytes:
    """The page with every record at its full length; the very same bytes where nothing was missing."""
    parts = PARTS[stream]
    if not parts:
        return body
    envelope = _fields(body)
    data = _fields(envelope["data"])
    connection = _fields(data[stream])
    nodes = msgspec.json.decode(connection["nodes"], type=list[Raw])
    whole = [_whole_record(client, node, parts) for node in nodes]
    if all(before is after for before, after in zip(nodes, whole, strict=True)):
        return body
    return bytes(_raw(envelope | {"data": _raw(data | {stream: _raw(connection | {"nodes": _raw(whole)})})}))


def _whole_record(client: Client, node: Raw, parts: tuple[Part, ...]) -> Raw:
    """The record, itself if nothing was missing. One that breaks the contract is left for landing to judge."""
    try:
        owner = msgspec.json.decode(node, type=Identified)
        fields = _fields(node)
        whole = {part.field: _whole_part(client, owner.id, part, fields[part.field]) for part in parts}
    except (msgspec.DecodeError, KeyError) as fault:
        log.warning("a record is not followed to its end, for it breaks its contract: %s", fault)
        return node
    if all(whole[name] is fields[name] for name in whole):
        return node
    return _raw(fields | whole)


def _whole_part(client: Client, owner: str, part: Part, value: Raw) -> Raw:
    if part.connection:
        return _whole_connection(client, owner, part, value)
    records = msgspec.json.decode(value, type=list[Raw])
    if len(records) < FIRST[part.field]:
        return _whole_inner(client, part, value, records)
    # A plain list does not say whether there is more: it is asked for again, as long as Shopify allows.
    body, first = client.ask_first(rest(part), MOST, id=owner)
    value = _fields(_fields(_fields(body)["data"])[part.owner])[part.field]
    records = msgspec.json.decode(value, type=list[Raw])
    if len(records) >= first:
        log.warning("%s has %d %s or more; Shopify gives no way to read further", owner, first, part.field)
    return _whole_inner(client, part, value, records)


def _whole_inner(client: Client, part: Part, value: Raw, records: list[Raw]) -> Raw:
    if not part.parts:
        return value
    whole = [_whole_record(client, record, part.parts) for record in records]
    return value if all(before is after for before, after in zip(records, whole, strict=True)) else _raw(whole)


def _whole_connection(client: Client, owner: str, part: Part, value: Raw) -> Raw:
    answer = msgspec.json.decode(value, type=Connection)
    if not answer.pageInfo.hasNextPage:
        return value
    nodes, first = list(answer.nodes), AT_ONCE
    while answer.pageInfo.hasNextPage:
        body, first = client.ask_first(rest(part), first, id=owner, after=answer.pageInfo.endCursor)
        more = _fields(_fields(_fields(body)["data"])[part.owner])[part.field]
        answer = msgspec.json.decode(more, type=Connection)
        nodes += answer.nodes
    return _raw({"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": answer.pageInfo.endCursor}})


def _fields(value: Raw | bytes) -> Fields:
    return msgspec.json.decode(value, type=Fields)


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
