"""What lies inside lists, which a bulk operation does not bring: asked for by the ids of the lists' members, many at once."""

import logging
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from sluice.channels.shopify import bulk_query
from sluice.channels.shopify.client import Client, TooCostly
from sluice.channels.shopify.graphql import Part

log = logging.getLogger(__name__)
AT_ONCE = 100
Fields = dict[str, Raw]
Opened = dict[str, list[Fields]]
"""A record's members by list."""


class Found(msgspec.Struct):
    nodes: list[Raw]


class Answered(msgspec.Struct):
    data: Found


def with_insides(client: Client, stream: str, records: Sequence[Raw]) -> list[Raw]:
    """The records with the connections of their lists' members. One that breaks the contract is left for landing to judge."""
    lists = bulk_query.lists(stream)
    if not lists:
        return list(records)
    opened = [_opened(record, lists) for record in records]
    members = [_id(member) for record in opened for listed in record.values() for member in listed]
    known = dict(_asked(client, bulk_query.inside(stream), members))
    return [_closed(record, found, known) for record, found in zip(records, opened, strict=True)]


def _opened(record: Raw, lists: Sequence[Part]) -> Opened:
    try:
        fields = msgspec.json.decode(record, type=Fields)
        found = {part.field: msgspec.json.decode(fields[part.field], type=list[Fields]) for part in lists}
        for listed in found.values():
            for member in listed:
                _id(member)
    except (msgspec.DecodeError, KeyError) as fault:
        log.warning("a record is not followed to its end, for it breaks its contract: %s", fault)
        return {}
    return found


def _closed(record: Raw, opened: Opened, known: dict[str, Fields]) -> Raw:
    if not any(opened.values()):
        return record
    fields = msgspec.json.decode(record, type=Fields)
    whole = {name: _raw([member | known.get(_id(member), {}) for member in listed]) for name, listed in opened.items()}
    return _raw(fields | whole)


def _asked(client: Client, query: str, members: Sequence[str]) -> Iterator[tuple[str, Fields]]:
    left, first = list(members), AT_ONCE
    while left:
        try:
            body = client.ask(query, ids=left[:first])
        except TooCostly:
            if first == 1:
                raise
            first //= 2
            continue
        for node in msgspec.json.decode(body, type=Answered).data.nodes:
            if bytes(node) != b"null":
                fields = msgspec.json.decode(node, type=Fields)
                del fields["__typename"]
                yield _id(fields), fields
        left = left[first:]


def _id(member: Fields) -> str:
    return msgspec.json.decode(member["id"], type=str)


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
