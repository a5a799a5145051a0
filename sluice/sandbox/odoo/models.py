"""The world as Odoo's models, a frame each. A reference is two columns, `x` and `x.name`; more dotted columns serve searches."""

from collections.abc import Callable

import polars as pl

from sluice.sandbox.odoo import goods, invoices, partners, places, purchases, sales, shop, transfers
from sluice.sandbox.odoo.columns import COMPANY
from sluice.sandbox.odoo.search import arranged
from sluice.sandbox.state import SandboxState


def frame(state: SandboxState, model: str) -> pl.DataFrame:
    """The model's records at the state's present, by id. KeyError if the model is not installed."""
    return in_order(state, model, "id")


def in_order(state: SandboxState, model: str, order: str) -> pl.DataFrame:
    """The same in the order of a search, sorted once for as long as the clock stands. KeyError, Invalid."""
    build = MODELS[model]
    if model in OF_SALES:
        state.join(shop.SHOP)
    key = ("odoo", model, shop.is_open(state))
    made = state.cached(key, lambda: build(state))
    return state.cached((*key, order), lambda: arranged(made, model, order))


def _companies(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame({"id": [COMPANY], "name": ["Lantern & Loom"]})


def _users(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame({"id": [2], "name": ["Sluice"], "login": ["sluice"]})


OF_SALES: dict[str, Callable[[SandboxState], pl.DataFrame]] = {
    "sale.order": sales.orders,
    "sale.order.line": sales.order_lines,
    "stock.picking": transfers.pickings,
    "account.move": invoices.moves,
    "account.move.line": invoices.move_lines,
}
"""Who asks for one of them opens the shop."""
MODELS: dict[str, Callable[[SandboxState], pl.DataFrame]] = OF_SALES | {
    "res.company": _companies,
    "res.users": _users,
    "product.product": goods.products,
    "product.template": goods.templates,
    "stock.warehouse": places.warehouses,
    "res.partner": partners.partners,
    "uom.uom": goods.units,
    "stock.location": places.locations,
    "stock.picking.type": places.operation_types,
    "pos.config": places.points_of_sale,
    "stock.quant": places.quants,
    "purchase.order": purchases.purchase_orders,
    "purchase.order.line": purchases.purchase_order_lines,
    "stock.move": transfers.moves,
    "mrp.bom": goods.boms,
    "mrp.bom.line": goods.bom_lines,
}
