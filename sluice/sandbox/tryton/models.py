"""The world as Tryton's models: records by id, references as ids, times in UTC without a zone, as the database keeps them."""

from collections.abc import Callable, Iterator

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import goods, places, purchases
from sluice.sandbox.tryton.values import Record

REFERS = {
    "template": "product.template", "party": "party.party", "currency": "currency.currency", "address": "party.address",
    "country": "country.country", "subdivision": "country.subdivision", "warehouse": "stock.location",
    "product": "product.product", "purchase": "purchase.purchase", "unit": "product.uom", "default_uom": "product.uom",
}  # fmt: skip


def records(state: SandboxState, model: str) -> dict[int, Record]:
    """The model's records at the state's present, by id. KeyError if no module brings the model."""
    build = MODELS[model]
    return state.cached(("tryton", model), lambda: {record["id"]: record for record in build(state)})


def quantity(state: SandboxState, locations: list[int], product: int) -> float:
    """Pieces of a product in these warehouses; nothing is assigned there."""

    def counted() -> dict[tuple[int, int], int]:
        by_code = {row["code"]: row["id"] for row in places.locations(state)}
        numbers = {row["sku"]: row["product_no"] for row in state.world.products.iter_rows(named=True)}
        rows = state.world.stock(state.now).iter_rows(named=True)
        return {(by_code[row["facility_id"]], numbers[row["sku"]]): row["on_hand"] for row in rows}

    stock = state.cached(("tryton", "quantities"), counted)
    return float(sum(stock.get((place, product), 0) for place in locations))


MODELS: dict[str, Callable[[SandboxState], Iterator[Record]]] = {
    "product.product": goods.products,
    "product.template": goods.templates,
    "product.category": goods.categories,
    "product.uom": goods.units,
    "currency.currency": places.currencies,
    "company.company": places.companies,
    "party.party": places.parties,
    "party.address": places.addresses,
    "country.country": places.countries,
    "country.subdivision": places.subdivisions,
    "stock.location": places.locations,
    "purchase.purchase": purchases.purchases,
    "purchase.line": purchases.purchase_lines,
    "stock.move": purchases.receipts,
}
