"""Who and where: the company, its suppliers, its warehouses and their addresses."""

from collections.abc import Iterator

from sluice.sandbox.shop import CARRIERS as PARCELS
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.values import COMPANY, CURRENCIES, Record

OWN_PARTY, FIRST_SUPPLIER, FIRST_CARRIER, FIRST_WAREHOUSE = 1, 101, 200, 5
STORAGE: Record = {"id": 2, "name": "Storage", "code": "STO", "type": "storage", "address": None, "active": True}
CUSTOMERS: Record = {"id": 3, "name": "Customer", "code": "CUS", "type": "customer", "address": None, "active": True}
CARRIERS = PARCELS["own_shop"]


def currencies(state: SandboxState) -> Iterator[Record]:
    yield from ({"id": id, "code": code} for code, id in CURRENCIES.items())


def companies(state: SandboxState) -> Iterator[Record]:
    yield {"id": COMPANY, "party": OWN_PARTY, "currency": CURRENCIES["CNY"]}


def suppliers(state: SandboxState) -> dict[str, int]:
    found = sorted(set(state.world.purchase_orders["supplier_id"]))
    return {supplier: id for id, supplier in enumerate(found, FIRST_SUPPLIER)}


def parties(state: SandboxState) -> Iterator[Record]:
    yield {"id": OWN_PARTY, "name": "Lantern & Loom"}
    ids = suppliers(state)
    names = dict(state.world.purchase_orders.select("supplier_id", "supplier").iter_rows())
    yield from ({"id": ids[supplier], "name": name} for supplier, name in names.items())
    yield from ({"id": FIRST_CARRIER + id, "name": name} for id, name in enumerate(CARRIERS, 1))


def countries(state: SandboxState) -> Iterator[Record]:
    return ({"id": id, "code": code} for id, code in enumerate(_known(state, "country"), 1))


def subdivisions(state: SandboxState) -> Iterator[Record]:
    return ({"id": id, "name": name} for id, name in enumerate(_known(state, "region"), 1))


def _known(state: SandboxState, column: str) -> list[str]:
    """Where warehouses are and customers live."""
    return sorted({*state.world.facilities[column], *state.world.persons[column]})


def addresses(state: SandboxState) -> Iterator[Record]:
    lands = {record["code"]: record["id"] for record in countries(state)}
    regions = {record["name"]: record["id"] for record in subdivisions(state)}
    for id, row in enumerate(state.world.facilities.iter_rows(named=True), FIRST_WAREHOUSE):
        yield {
            "id": id,
            "city": row["city"],
            "country": lands[row["country"]],
            "subdivision": regions[row["region"]],
        }


def locations(state: SandboxState) -> Iterator[Record]:
    yield {"id": 1, "name": "Supplier", "code": "SUP", "type": "supplier", "address": None, "active": True}
    yield from (STORAGE, CUSTOMERS)
    for id, row in enumerate(state.world.facilities.iter_rows(named=True), FIRST_WAREHOUSE):
        yield {
            "id": id,
            "name": row["name"],
            "code": row["facility_id"],
            "type": "warehouse",
            "address": id,
            "active": True,
        }
