"""What a bulk operation is asked for: the contract's fields, as far as Shopify gives them so.

An operation takes up to five connections, at most two inside one another, each node with its id, and none inside a plain list
(`orders.refunds.refundLineItems`). What lies in lists is asked for afterwards, by the ids of many members at once. Source:
Shopify's guide to bulk operations, and the Admin schema from 2026-01 on, where `bulkOperation(id)` is.
"""

from functools import cache

from msgspec import inspect

from sluice.channels.shopify.graphql import FIRST, PARTS, RECORDS, Part, selection

CHILDREN = {"LineItem": "lineItems", "FulfillmentOrder": "fulfillmentOrders", "ProductVariant": "variants"}
"""The connection of its parent that a line of the answer belongs to, by the kind that its global id names."""

RUN = """
mutation Run($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status createdAt }
    userErrors { code field message }
  }
}
"""

OPERATION = """
query Operation($id: ID!) {
  bulkOperation(id: $id) { id status errorCode createdAt objectCount url }
}
"""

UNDER_WAY = """
query UnderWay {
  bulkOperations(first: 25, query: "operation_type:query", sortKey: CREATED_AT, reverse: true) { nodes { id status query } }
}
"""


def count(stream: str) -> str:
    """How many records match, counted no further than `limit`."""
    return f"query Count($query: String, $limit: Int) {{ found: {stream}Count(query: $query, limit: $limit) {{ count }} }}"


def export(stream: str, found_by: str) -> str:
    """The query that an operation runs; `found_by` is in Shopify's search language, without double quotes."""
    return f'{{ {stream}(query: "{found_by}") {{ edges {{ node{_exported(inspect.type_info(RECORDS[stream]))} }} }} }}'


def lists(stream: str) -> tuple[Part, ...]:
    """Plain lists of a record whose members have connections of their own."""
    return tuple(part for part in PARTS[stream] if not part.connection and part.parts)


@cache
def inside(stream: str) -> str:
    """The query for what lies in lists, by the ids of the lists' members."""
    members = " ".join(
        f"... on {part.record.__name__} {{ id {' '.join(_first(inner) for inner in part.parts)} }}" for part in lists(stream)
    )
    return f"query Inside($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {members} }} }}"


def operations() -> list[str]:
    """Every operation that is sent, and every query that an operation runs."""
    streams = list(RECORDS)
    asked = [inside(stream) for stream in streams if lists(stream)]
    return [
        RUN,
        OPERATION,
        UNDER_WAY,
        *map(count, streams),
        *(export(one, "updated_at:>='2026-01-01'") for one in streams),
        *asked,
    ]


def _first(part: Part) -> str:
    return f"{part.field}(first: {FIRST[part.field]}) {{ nodes{selection(part.record)} pageInfo {{ hasNextPage endCursor }} }}"


def _exported(shape: inspect.Type, listed: bool = False) -> str | None:
    """The selection of a shape; None for a connection inside a list, which no operation brings."""
    match shape:
        case inspect.StructType(fields=[inspect.Field(name="nodes", type=inspect.ListType(item_type=record))]):
            return None if listed else f" {{ edges {{ node{_exported(record)} }} }}"
        case inspect.StructType(fields=fields):
            inner = [(field, _exported(field.type, listed)) for field in fields]
            return f" {{ {' '.join(_named(field, one) for field, one in inner if one is not None)} }}"
        case inspect.ListType(item_type=item):
            return _exported(item, listed=True)
        case inspect.UnionType(types=types):
            return next(_exported(one, listed) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.Metadata(type=within):
            return _exported(within, listed)
    return ""


def _named(field: inspect.Field, inner: str) -> str:
    """A connection is brought whole, a plain list as long as a page brings it."""
    cut = f"(first: {FIRST[field.name]})" if field.name in FIRST and not inner.startswith(" { edges") else ""
    return f"{field.encode_name}{cut}{inner}"
