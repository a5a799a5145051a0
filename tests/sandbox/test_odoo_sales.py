"""The sandbox's Odoo sells what the world sold, and its records bear the stamps that Odoo's do."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sluice.sandbox.odoo import SHOP
from sluice.sandbox.odoo.models import OF_SALES, frame
from sluice.sandbox.odoo.search import search
from sluice.sandbox.odoo.shop import REST_AFTER
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ShopView
from sluice.sandbox.world import World
from tests.sandbox.worlds import world

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def made() -> World:
    return World.generate(11, 1_000, [SHOP])


@pytest.fixture(scope="module")
def state(made: World) -> SandboxState:
    return SandboxState(made)


@pytest.fixture(scope="module")
def view(state: SandboxState) -> ShopView:
    return state.view(SHOP.channel, SHOP.shop)


def one(found: pl.DataFrame, **wanted: Any) -> dict[str, Any]:
    return found.row(by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in wanted.items()), named=True)


def test_nobody_hears_of_the_shop_before_sales_are_asked_for() -> None:
    state = SandboxState(world())
    before = {model: frame(state, model) for model in ("product.product", "stock.quant", "res.partner", "stock.move")}
    assert set(state.world.shops) == set(world().shops)
    assert before["stock.move"]["sale_line_id"].null_count() == before["stock.move"].height
    assert frame(state, "sale.order").height == round(SHOP.share * world().size)
    for model in ("product.product", "stock.quant"):
        assert frame(state, model).equals(before[model])
    for model in ("res.partner", "stock.move"):
        after = frame(state, model)
        assert after.height > before[model].height
        assert after.filter(pl.col("id").is_in(before[model]["id"].implode())).equals(before[model])


@pytest.mark.parametrize("model", OF_SALES)
def test_ids_are_unique_and_stamps_are_past(state: SandboxState, model: str) -> None:
    found = frame(state, model)
    assert found["id"].is_unique().all()
    if model != "account.move.line":
        assert found["write_date"].max() < state.now + SECOND  # type: ignore[operator]


def test_amounts_add_up(state: SandboxState, view: ShopView) -> None:
    differ = (pl.col("price_total") - pl.col("amount_total")).abs() > 0.001
    orders, lines = frame(state, "sale.order"), frame(state, "sale.order.line")
    sums = lines.group_by(pl.col("order_id").alias("id")).agg(pl.col("price_total").sum())
    assert orders.join(sums, on="id").filter(differ).is_empty()
    assert orders["amount_total"].sum() == pytest.approx(view.orders["total_minor"].sum() / 100)
    discounted = lines.with_columns(
        worth=(pl.col("product_uom_qty") * pl.col("price_unit") * (1 - pl.col("discount") / 100)).round(2)
    )
    assert discounted.filter((pl.col("worth") - pl.col("price_subtotal")).abs() > 1e-9).is_empty()
    assert (lines["discount"] > 0).any()
    moves, invoiced = frame(state, "account.move"), frame(state, "account.move.line")
    sums = invoiced.group_by(pl.col("move_id").alias("id")).agg(pl.col("price_total").sum())
    assert moves.join(sums, on="id", how="left").filter(differ | pl.col("price_total").is_null()).is_empty()


def test_what_was_paid_and_given_back_is_posted(state: SandboxState, view: ShopView) -> None:
    posted = frame(state, "account.move").filter(state="posted")
    paid = view.orders.filter(pl.col("paid_at").is_not_null())["total_minor"].sum() / 100
    given = view.history.refunds.frame.filter(pl.col("completed_at") <= state.now)["amount_minor"].sum() / 100
    found = dict(posted.group_by("move_type").agg(pl.col("amount_total").sum()).iter_rows())
    assert found["out_invoice"] == pytest.approx(paid)
    assert found["out_refund"] == pytest.approx(given)
    assert set(posted["payment_state"]) == {"paid"}
    assert set(frame(state, "account.move")["state"]) >= {"posted", "cancel"}


def test_what_left_is_delivered_but_for_what_came_back(state: SandboxState, view: ShopView) -> None:
    lines, moves = frame(state, "sale.order.line"), frame(state, "stock.move")
    done = moves.filter(pl.col("state") == "done", pl.col("sale_line_id").is_not_null())
    direction = pl.when(pl.col("location_dest_id.usage") == "customer").then(1).otherwise(-1)
    bundles = state.world.products.filter("is_bundle")["product_no"]
    goods = lines.filter(~pl.col("is_delivery"), ~pl.col("product_id").is_in(bundles.implode()))
    moved = done.group_by(pl.col("sale_line_id").alias("id")).agg((pl.col("product_qty") * direction).sum().alias("moved"))
    held = goods.join(moved, on="id", how="left").with_columns(pl.col("moved").fill_null(0))
    assert held.filter(pl.col("moved") != pl.col("qty_delivered")).is_empty()
    assert (done["location_id.usage"] == "customer").any()
    kits = lines.filter(pl.col("product_id").is_in(bundles.implode()))
    of_kit = moves.filter(pl.col("sale_line_id").is_in(kits["id"].implode()))
    assert not set(of_kit["product_id"]) & set(bundles), "a kit moves as its components"
    assert of_kit.height > kits.height > 0


def test_an_order_may_leave_in_two_parcels(made: World) -> None:
    shipped = made.shops[SHOP.channel, SHOP.shop].orders.filter(pl.col("shipped_at") < AS_OF)
    pickings = frame(SandboxState(made), "stock.picking").filter(pl.col("location_dest_id.usage") == "customer")
    in_two = pickings.filter(pl.col("sale_id").is_duplicated())["sale_id"].cast(pl.String)
    order = shipped.filter(pl.col("order_id").is_in(in_two.implode())).row(-1, named=True)
    number = int(order["order_id"])

    def told(at: Any) -> tuple[str, list[str], set[bool]]:
        state = SandboxState(made, at)
        lines = search(frame(state, "sale.order.line"), "", [["order_id", "=", number], ["is_delivery", "=", False]])
        parcels = search(frame(state, "stock.picking"), "", [["sale_id", "=", number]])
        delivered = set((lines["qty_delivered"] == lines["product_uom_qty"]).to_list())
        return one(frame(state, "sale.order"), id=number)["delivery_status"], parcels["state"].to_list(), delivered

    assert told(order["shipped_at"] - SECOND) == ("pending", ["assigned"], {False})
    assert told(order["shipped_at"]) == ("partial", ["done", "assigned"], {True, False})
    assert told(order["shipped_at"] + REST_AFTER) == ("full", ["done", "done"], {True})


STAMPED = {
    "paid_at": {"account.move"},
    "shipped_at": {"sale.order", "sale.order.line", "stock.picking"},
    "cancelled_at": {"sale.order", "sale.order.line", "stock.picking", "account.move"},
}


@pytest.mark.parametrize("event", STAMPED)
def test_an_event_stamps_what_odoo_writes(made: World, event: str) -> None:
    """That an invoice was posted leaves the order's stamp alone."""
    history = made.shops[SHOP.channel, SHOP.shop]
    known = history.orders.filter(pl.col(event) < AS_OF, pl.col("paid_at").is_null() | (event != "cancelled_at"))
    order = known.filter(pl.col(event) > pl.col("created_at")).row(-1, named=True)
    assert stamped(made, int(order["order_id"]), order[event]) == STAMPED[event]


REFUNDED = {
    "approved_at": ("return", {"sale.order", "sale.order.line", "account.move"}),
    "returned_at": ("return", {"sale.order.line", "stock.picking"}),
    "completed_at": ("return", {"account.move"}),
    "goodwill": ("refund", {"account.move"}),
}


@pytest.mark.parametrize("event", REFUNDED)
def test_what_is_given_back_stamps_what_odoo_writes(made: World, event: str) -> None:
    kind, expected = REFUNDED[event]
    at = "approved_at" if event == "goodwill" else event
    history = made.shops[SHOP.channel, SHOP.shop]
    delivered = history.orders.filter(pl.col("delivered_at") < AS_OF)["order_id"]
    given = history.refunds.frame.filter(pl.col(at) < AS_OF, kind=kind).filter(pl.col("order_id").is_in(delivered.implode()))
    refund = given.row(-1, named=True)
    assert stamped(made, int(refund["order_id"]), refund[at]) == expected


def stamped(made: World, order: int, at: Any) -> set[str]:
    """The models of which a record of the order was written at that moment."""
    links = {"sale.order": "id", "sale.order.line": "order_id", "stock.picking": "sale_id"}
    found = set()
    before, after = SandboxState(made, at - SECOND), SandboxState(made, at)
    for model in (*links, "account.move"):
        records = [frame(one, model) for one in (before, after)]
        if model in links:
            mine = [one.filter(pl.col(links[model]) == order) for one in records]
        else:
            mine = [one.filter((pl.col("id") == order) | (pl.col("reversed_entry_id") == order)) for one in records]
        if mine[1].filter(pl.col("write_date") >= at).height:
            found.add(model)
        else:
            assert mine[0].equals(mine[1]), f"{model} changed without a stamp"
    return found


def test_a_search_follows_references(state: SandboxState) -> None:
    order = frame(state, "sale.order").filter(pl.col("invoice_ids").list.len() > 1).row(0, named=True)
    invoice, note = order["invoice_ids"]
    orders = frame(state, "sale.order")
    for among in ([note], [invoice, note], [0, invoice]):
        assert search(orders, "", [["invoice_ids", "in", among]])["id"].to_list() == [order["id"]]
    assert search(orders, "", [["invoice_ids", "in", [0]]]).is_empty()
    moves = frame(state, "account.move")
    named = search(moves, "", ["|", ["id", "in", [invoice]], ["reversed_entry_id", "in", [invoice]]])
    assert set(named["id"]) == {invoice, note}
    lines = frame(state, "account.move.line")
    assert set(search(lines, "", [["sale_line_ids.order_id", "in", [order["id"]]]])["move_id"]) == {invoice, note}
    unlinked = search(lines, "", [["sale_line_ids", "=", False]])
    assert unlinked.height > 0
    assert search(lines, "", [["sale_line_ids", "!=", False]]).height == lines.height - unlinked.height
