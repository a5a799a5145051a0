"""The GraphQL that is sent to Shopify. What is asked for is written from the contract, so the two can't drift apart."""

from dataclasses import dataclass
from functools import cache

from msgspec import Struct, inspect

from sluice.channels.shopify.contract import (
    Customer,
    Fulfillment,
    FulfillmentLineItem,
    FulfillmentOrder,
    LineItem,
    Order,
    OrderTransaction,
    Product,
    ProductVariant,
    Refund,
    RefundLineItem,
)

FIRST = {
    "lineItems": 20,
    "transactions": 20,
    "refunds": 10,
    "refundLineItems": 20,
    "fulfillments": 10,
    "fulfillmentLineItems": 20,
    "fulfillmentOrders": 5,
    "trackingInfo": 1,
    "variants": 20,
}
"""How much of each nested set a page brings. Every query is priced by these, and few orders have more: the rest is fetched."""


@dataclass(frozen=True)
class Part:
    """A nested set that can be longer than what one answer brings.

    `owner` is the root field that gives the owning record by its id. A connection can be read on from a cursor; a plain list
    can only be asked for again, longer.
    """

    owner: str
    field: str
    record: type[Struct]
    connection: bool = True
    parts: tuple["Part", ...] = ()


PARTS = {
    "orders": (
        Part("order", "lineItems", LineItem),
        Part("order", "fulfillmentOrders", FulfillmentOrder),
        Part("order", "transactions", OrderTransaction, connection=False),
        Part("order", "refunds", Refund, False, (Part("refund", "refundLineItems", RefundLineItem),)),
        Part("order", "fulfillments", Fulfillment, False, (Part("fulfillment", "fulfillmentLineItems", FulfillmentLineItem),)),
    ),
    "customers": (),
    "products": (Part("product", "variants", ProductVariant),),
}
RECORDS: dict[str, type[Struct]] = {"orders": Order, "customers": Customer, "products": Product}


@cache
def page(stream: str) -> str:
    """The query for a page of a stream, oldest change first."""
    return (
        f"query Page($first: Int!, $after: String, $query: String) {{ "
        f"{stream}(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) "
        f"{{ nodes{selection(RECORDS[stream])} pageInfo {{ hasNextPage endCursor }} }} }}"
    )


@cache
def rest(part: Part) -> str:
    """The query for what is still missing of a nested set of one record."""
    inner = selection(part.record)
    if not part.connection:
        return f"query Rest($id: ID!, $first: Int!) {{ {part.owner}(id: $id) {{ {part.field}(first: $first){inner} }} }}"
    return (
        f"query Rest($id: ID!, $first: Int!, $after: String) {{ {part.owner}(id: $id) "
        f"{{ {part.field}(first: $first, after: $after) {{ nodes{inner} pageInfo {{ hasNextPage endCursor }} }} }} }}"
    )


CLAIMS = """
query Claims($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: PROCESSED_AT) {
    nodes { legacyResourceId processedAt totalPriceSet { shopMoney { amount currencyCode } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

SCOPES = """
query Scopes { currentAppInstallation { accessScopes { handle } } }
"""

LOCATIONS = """
query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
}
"""

SET_QUANTITIES = """
mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}
"""

PARCELS = """
query Parcels($id: ID!) {
  order(id: $id) {
    fulfillments(first: 100) { status trackingInfo(first: 10) { number } }
    fulfillmentOrders(first: 20) {
      nodes { id status lineItems(first: 100) { nodes { id remainingQuantity lineItem { id } } } }
    }
  }
}
"""

CREATE_FULFILLMENT = """
mutation Ship($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}
"""


def available(locations: int) -> str:
    """Pieces of items at so many locations ($l0, $l1 ...), as l0, l1 ... of each item."""
    given = ", ".join(f"$l{number}: ID!" for number in range(locations))
    levels = " ".join(
        f'l{number}: inventoryLevel(locationId: $l{number}) {{ quantities(names: ["available"]) {{ name quantity }} }}'
        for number in range(locations)
    )
    return (
        f"query Available($ids: [ID!]!, {given}) {{ nodes(ids: $ids) {{ __typename ... on InventoryItem {{ id {levels} }} }} }}"
    )


def operations() -> list[str]:
    """Every operation that is ever sent."""
    parts = [part for owned in PARTS.values() for part in owned]
    parts += [inner for part in parts for inner in part.parts]
    asked = [CLAIMS, SCOPES, LOCATIONS, available(1), available(3), SET_QUANTITIES, PARCELS, CREATE_FULFILLMENT]
    return [*map(page, PARTS), *map(rest, parts), *asked]


def selection(record: type[Struct]) -> str:
    """The selection set that brings every field of a contract: ` { id name totalPriceSet { ... } }`."""
    return _selected(inspect.type_info(record))


def _selected(shape: inspect.Type) -> str:
    match shape:
        case inspect.StructType(fields=fields):
            inner = " ".join(_field(field) for field in fields)
            paged = " pageInfo { hasNextPage endCursor }" if [field.name for field in fields] == ["nodes"] else ""
            return f" {{ {inner}{paged} }}"
        case inspect.ListType(item_type=item):
            return _selected(item)
        case inspect.UnionType(types=types):
            return next(_selected(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.Metadata(type=inner_shape):
            return _selected(inner_shape)
    return ""


def _field(field: inspect.Field) -> str:
    argument = f"(first: {FIRST[field.name]})" if field.name in FIRST else ""
    return f"{field.encode_name}{argument}{_selected(field.type)}"
