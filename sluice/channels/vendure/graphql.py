"""The operations that are sent to Vendure's Admin API. What is asked of a record is written from its contract."""

from functools import cache

from msgspec import Struct, inspect

from sluice.channels.vendure.contract import Customer, Order, RefundLine, Variant

HISTORY = (
    "ORDER_PAYMENT_TRANSITION",
    "ORDER_FULFILLMENT_TRANSITION",
    "ORDER_REFUND_TRANSITION",
    "ORDER_CANCELLATION",
    "ORDER_STATE_TRANSITION",
)
_LISTED = ", ".join(f'"{kind}"' for kind in HISTORY)
ARGUMENTS = {"history": f"(options: {{take: 100, filter: {{type: {{in: [{_LISTED}]}}}}}})"}
OPAQUE: dict[tuple[str, str], type[Struct]] = {("Refund", "lines"): RefundLine}
"""Lists that the contract keeps as they came, too deep for a table of their own."""

CHANNEL = """
query channel {
  activeChannel { id code defaultCurrencyCode pricesIncludeTax }
  globalSettings { outOfStockThreshold trackInventory serverConfig { moneyStrategyPrecision } }
}
"""
CLAIMS = """
query claims($options: OrderListOptions) {
  orders(options: $options) {
    totalItems
    items { id orderPlacedAt currencyCode totalWithTax payments { amount state } }
  }
}
"""
PRECISION = "query precision { globalSettings { serverConfig { moneyStrategyPrecision } } }"
LOCATIONS = """
query locations($options: StockLocationListOptions) {
  stockLocations(options: $options) { totalItems items { id name } }
}
"""
LEVELS = """
query levels($options: ProductVariantListOptions) {
  productVariants(options: $options) {
    totalItems
    items { id stockLevels { stockLocationId stockOnHand stockAllocated } }
  }
}
"""
SET_LEVELS = """
mutation set($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }
"""
PARCELS = """
query parcels($id: ID!) {
  order(id: $id) {
    lines { id quantity fulfillmentLines { quantity fulfillment { state } } }
    fulfillments { id state trackingCode }
  }
}
"""
FULFIL = """
mutation fulfil($input: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $input) { __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode message } }
}
"""
MOVE = """
mutation move($id: ID!, $state: String!) {
  transitionFulfillmentToState(id: $id, state: $state) {
    __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode message }
  }
}
"""
ONE_ORDER = "query one { orders(options: {take: 1}) { totalItems } }"
ONE_CUSTOMER = "query one { customers(options: {take: 1}) { totalItems } }"
ONE_VARIANT = "query one { productVariants(options: {take: 1}) { totalItems } }"
ONE_LOCATION = "query one { stockLocations(options: {take: 1}) { totalItems } }"
NO_LEVELS = "mutation none { updateProductVariants(input: []) { id } }"
NO_PARCEL = """
mutation none {
  addFulfillmentToOrder(input: {lines: [], handler: {code: "manual-fulfillment", arguments: []}}) { __typename }
}
"""

ROOTS: dict[str, tuple[str, str, type[Struct]]] = {
    "orders": ("orders", "OrderListOptions", Order),
    "customers": ("customers", "CustomerListOptions", Customer),
    "variants": ("productVariants", "ProductVariantListOptions", Variant),
}
"""By stream: the list, the type of its options, what is asked of a record."""


@cache
def page(stream: str) -> str:
    """The query for one page of a stream."""
    root, options, record = ROOTS[stream]
    fields = selection(record)
    return f"query {stream}($options: {options}) {{ {root}(options: $options) {{ totalItems items {fields} }} }}"


def selection(record: type[Struct]) -> str:
    """The fields of a contract as GraphQL asks for them."""
    struct = inspect.type_info(record)
    assert isinstance(struct, inspect.StructType)
    asked = []
    for field in struct.fields:
        inner = OPAQUE.get((record.__name__, field.name)) or _inner(field.type)
        asked.append(field.encode_name + ARGUMENTS.get(field.encode_name, "") + (f" {selection(inner)}" if inner else ""))
    return "{ " + " ".join(asked) + " }"


def _inner(kind: inspect.Type) -> type[Struct] | None:
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.ListType):
        return _inner(kind.item_type)
    if isinstance(kind, inspect.Metadata):
        return _inner(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next((found for one in kind.types if (found := _inner(one))), None)
    return None
