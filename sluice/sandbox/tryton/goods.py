"""What the company makes and sells: variants, templates, categories, units of measure."""

from collections.abc import Iterator
from decimal import Decimal

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.values import GRAM, SET_UP, UNIT, Record, stamps

POSTAGE = 1_000_000
"""The service that a sale's shipping is charged as: its product and template."""


def goods(state: SandboxState) -> Iterator[Record]:
    """Products with the template that they are a variant of. Sets and single goods of one style are templates apart."""
    for row in state.world.products.iter_rows(named=True):
        launched = row["launched_at"]
        yield row | {
            "template": row["style_no"] * 2 + int(row["is_bundle"]),
            "active": launched <= state.now,
            "changed": launched if SET_UP < launched <= state.now else None,
        }


def products(state: SandboxState) -> Iterator[Record]:
    prices = {record["id"]: record["list_price"] for record in templates(state)}
    for row in goods(state):
        price = Decimal(row["price_minor"]).scaleb(-2)
        yield {
            "id": row["product_no"],
            "template": row["template"],
            "code": row["sku"],
            "rec_name": f"[{row['sku']}] {row['title']}",
            "list_price": None if price == prices[row["template"]] else price,
            "cost_price": Decimal(row["cost_minor"]).scaleb(-2),
            "active": row["active"],
            **stamps(SET_UP, row["changed"]),
        }
    yield {
        "id": POSTAGE,
        "template": POSTAGE,
        "code": "POST",
        "rec_name": "[POST] Postage",
        "list_price": None,
        "cost_price": Decimal(0),
        "active": True,
        **stamps(SET_UP, None),
    }


def templates(state: SandboxState) -> Iterator[Record]:
    """A template is written when its first variant is launched."""
    variants: dict[int, list[Record]] = {}
    for row in goods(state):
        variants.setdefault(row["template"], []).append(row)
    ids = {record["name"]: record["id"] for record in categories(state)}
    for id, rows in variants.items():
        first = rows[0]
        yield {
            "id": id,
            "name": first["title"],
            "type": "goods",
            "list_price": Decimal(min(row["price_minor"] for row in rows)).scaleb(-2),
            "default_uom": UNIT,
            "categories": [ids[first["category"]]],
            "weight": float(first["weight_g"]),
            "weight_uom": GRAM,
            "active": any(row["active"] for row in rows),
            **stamps(SET_UP, max((row["changed"] for row in rows if row["changed"]), default=None)),
        }
    yield {
        "id": POSTAGE,
        "name": "Postage",
        "type": "service",
        "list_price": Decimal(0),
        "default_uom": UNIT,
        "categories": [],
        "weight": None,
        "weight_uom": None,
        "active": True,
        **stamps(SET_UP, None),
    }


def categories(state: SandboxState) -> Iterator[Record]:
    names = sorted(set(state.world.products["category"]))
    return ({"id": id, "name": name} for id, name in enumerate(names, 1))


def units(state: SandboxState) -> Iterator[Record]:
    yield {"id": UNIT, "symbol": "u", "factor": 1.0}
    yield {"id": 2, "symbol": "kg", "factor": 1.0}
    yield {"id": GRAM, "symbol": "g", "factor": 0.001}
