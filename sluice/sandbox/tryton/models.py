"""The world as Tryton's models: records by id, references as ids, times in UTC without a zone, as the database keeps them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sluice.sandbox.seasons import START
from sluice.sandbox.state import SandboxState

SET_UP = START - timedelta(days=40)
"""When the company filled in its master data."""
ZONE = ZoneInfo("Asia/Shanghai")
COMPANY, CURRENCY, UNIT, GRAM = 1, 1, 1, 3
OWN_PARTY, FIRST_SUPPLIER, FIRST_WAREHOUSE = 1, 101, 5
Record = dict[str, Any]
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
        places = {row["code"]: row["id"] for row in _locations(state)}
        numbers = {row["sku"]: row["product_no"] for row in state.world.products.iter_rows(named=True)}
        rows = state.world.stock(state.now).iter_rows(named=True)
        return {(places[row["facility_id"]], numbers[row["sku"]]): row["on_hand"] for row in rows}

    stock = state.cached(("tryton", "quantities"), counted)
    return float(sum(stock.get((place, product), 0) for place in locations))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _stamps(created: datetime, changed: datetime | None) -> Record:
    """With microseconds, the same for all that one transaction wrote; null until the first change."""

    def stamp(moment: datetime) -> datetime:
        return _utc(moment).replace(microsecond=int(moment.timestamp()) * 7_919 % 1_000_000)

    return {"create_date": stamp(created), "write_date": stamp(changed) if changed else None}


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _goods(state: SandboxState) -> Iterator[Record]:
    """Products with the template that they are a variant of. Sets and single goods of one style are templates apart."""
    for row in state.world.products.iter_rows(named=True):
        launched = row["launched_at"]
        yield row | {
            "template": row["style_no"] * 2 + int(row["is_bundle"]),
            "active": launched <= state.now,
            "changed": launched if SET_UP < launched <= state.now else None,
        }


def _products(state: SandboxState) -> Iterator[Record]:
    prices = {record["id"]: record["list_price"] for record in records(state, "product.template").values()}
    for row in _goods(state):
        price = Decimal(row["price_minor"]).scaleb(-2)
        yield {
            "id": row["product_no"],
            "template": row["template"],
            "code": row["sku"],
            "rec_name": f"[{row['sku']}] {row['title']}",
            "list_price": None if price == prices[row["template"]] else price,
            "cost_price": Decimal(row["cost_minor"]).scaleb(-2),
            "active": row["active"],
            **_stamps(SET_UP, row["changed"]),
        }


def _templates(state: SandboxState) -> Iterator[Record]:
    """A template is written when its first variant is launched."""
    variants: dict[int, list[Record]] = {}
    for row in _goods(state):
        variants.setdefault(row["template"], []).append(row)
    categories = {record["name"]: record["id"] for record in _categories(state)}
    for id, rows in variants.items():
        first = rows[0]
        yield {
            "id": id,
            "name": first["title"],
            "type": "goods",
            "list_price": Decimal(min(row["price_minor"] for row in rows)).scaleb(-2),
            "default_uom": UNIT,
            "categories": [categories[first["category"]]],
            "weight": float(first["weight_g"]),
            "weight_uom": GRAM,
            "active": any(row["active"] for row in rows),
            **_stamps(SET_UP, max((row["changed"] for row in rows if row["changed"]), default=None)),
        }


def _categories(state: SandboxState) -> Iterator[Record]:
    names = sorted(set(state.world.products["category"]))
    return ({"id": id, "name": name} for id, name in enumerate(names, 1))


def _units(state: SandboxState) -> Iterator[Record]:
    yield {"id": UNIT, "symbol": "u", "factor": 1.0}
    yield {"id": 2, "symbol": "kg", "factor": 1.0}
    yield {"id": GRAM, "symbol": "g", "factor": 0.001}


def _currencies(state: SandboxState) -> Iterator[Record]:
    yield {"id": CURRENCY, "code": "CNY"}


def _companies(state: SandboxState) -> Iterator[Record]:
    yield {"id": COMPANY, "party": OWN_PARTY, "currency": CURRENCY}


def _suppliers(state: SandboxState) -> dict[str, int]:
    found = sorted(set(state.world.purchase_orders["supplier_id"]))
    return {supplier: id for id, supplier in enumerate(found, FIRST_SUPPLIER)}


def _parties(state: SandboxState) -> Iterator[Record]:
    yield {"id": OWN_PARTY, "name": "Lantern & Loom"}
    ids = _suppliers(state)
    names = dict(state.world.purchase_orders.select("supplier_id", "supplier").iter_rows())
    yield from ({"id": ids[supplier], "name": name} for supplier, name in names.items())


def _countries(state: SandboxState) -> Iterator[Record]:
    return ({"id": id, "code": code} for id, code in enumerate(sorted(set(state.world.facilities["country"])), 1))


def _subdivisions(state: SandboxState) -> Iterator[Record]:
    return ({"id": id, "name": name} for id, name in enumerate(sorted(set(state.world.facilities["region"])), 1))


def _addresses(state: SandboxState) -> Iterator[Record]:
    countries = {record["code"]: record["id"] for record in _countries(state)}
    subdivisions = {record["name"]: record["id"] for record in _subdivisions(state)}
    for id, row in enumerate(state.world.facilities.iter_rows(named=True), FIRST_WAREHOUSE):
        yield {
            "id": id,
            "city": row["city"],
            "country": countries[row["country"]],
            "subdivision": subdivisions[row["region"]],
        }


def _locations(state: SandboxState) -> Iterator[Record]:
    yield {"id": 1, "name": "Supplier", "code": "SUP", "type": "supplier", "address": None, "active": True}
    for id, row in enumerate(state.world.facilities.iter_rows(named=True), FIRST_WAREHOUSE):
        yield {
            "id": id,
            "name": row["name"],
            "code": row["facility_id"],
            "type": "warehouse",
            "address": id,
            "active": True,
        }


def _purchased(state: SandboxState) -> list[Record]:
    """Lines of purchases by now. Their ids are their places among all lines ever, so that they never change."""

    def build() -> list[Record]:
        ever = state.world.purchase_orders.select("po_id", "line_no").rows()
        ids = {key: id for id, key in enumerate(ever, 1)}
        places = {record["code"]: record["id"] for record in _locations(state)}
        numbers = dict(state.world.products.select("sku", "product_no").iter_rows())
        suppliers = _suppliers(state)
        return [
            row
            | {
                "line": ids[row["po_id"], row["line_no"]],
                "purchase": int(row["po_id"].lstrip("PO")),
                "party": suppliers[row["supplier_id"]],
                "warehouse": places[row["facility_id"]],
                "product": numbers[row["sku"]],
            }
            for row in state.world.purchase_orders_at(state.now).iter_rows(named=True)
        ]

    return state.cached(("tryton", "purchased"), build)


def _purchases(state: SandboxState) -> Iterator[Record]:
    lines: dict[int, list[Record]] = {}
    for row in _purchased(state):
        lines.setdefault(row["purchase"], []).append(row)
    for id, rows in lines.items():
        first = rows[0]
        arrivals = [row["received_at"] for row in rows if row["received_at"]]
        is_over = len(arrivals) == len(rows)
        yield {
            "id": id,
            "number": first["po_id"],
            "company": COMPANY,
            "state": "done" if is_over else "processing",
            "shipment_state": "received" if is_over else "partially shipped" if arrivals else "waiting",
            "party": first["party"],
            "currency": CURRENCY,
            "warehouse": first["warehouse"],
            "purchase_date": _day(first["ordered_at"]),
            "delivery_date": None,
            "lines": [row["line"] for row in rows],
            **_stamps(first["ordered_at"] - timedelta(hours=2), max([first["ordered_at"], *arrivals])),
        }


def _purchase_lines(state: SandboxState) -> Iterator[Record]:
    for row in _purchased(state):
        yield {
            "id": row["line"],
            "purchase": row["purchase"],
            "type": "line",
            "product": row["product"],
            "quantity": float(row["quantity"]),
            "unit": UNIT,
            "unit_price": Decimal(row["unit_cost_minor"]).scaleb(-2),
            "delivery_date": _day(row["expected_at"]),
            **_stamps(row["ordered_at"] - timedelta(hours=2), None),
        }


def _moves(state: SandboxState) -> Iterator[Record]:
    for row in _purchased(state):
        arrived = row["received_at"]
        yield {
            "id": row["line"] + 100_000,
            "company": COMPANY,
            "origin": f"purchase.line,{row['line']}",
            "state": "done" if arrived else "draft",
            "internal_quantity": float(row["quantity"]),
            "effective_date": _day(arrived) if arrived else None,
            "planned_date": _day(row["expected_at"]),
            **_stamps(row["ordered_at"], arrived),
        }


MODELS: dict[str, Callable[[SandboxState], Iterator[Record]]] = {
    "product.product": _products,
    "product.template": _templates,
    "product.category": _categories,
    "product.uom": _units,
    "currency.currency": _currencies,
    "company.company": _companies,
    "party.party": _parties,
    "party.address": _addresses,
    "country.country": _countries,
    "country.subdivision": _subdivisions,
    "stock.location": _locations,
    "purchase.purchase": _purchases,
    "purchase.line": _purchase_lines,
    "stock.move": _moves,
}
