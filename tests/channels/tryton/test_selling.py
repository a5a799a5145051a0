"""A shop of the world that sells through Tryton, landed whole: what it did is what the unified views say."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sluice import warehouse
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import sold
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.sold_search import search
from sluice.sandbox.tryton.tables import TABLES, table
from tests.channels.every import House, house
from tests.sandbox.worlds import world

Rows = dict[str, tuple[Any, ...]]
EVERYTHING = slice(0, None)


def half_sent() -> SandboxState:
    """The last time that one part of an order had left and another order was waiting."""
    shown = SandboxState(world().joined_by(SHOP))
    parted = sold.orders(shown).filter("is_parted", pl.col("shipped_at") < AS_OF - timedelta(days=1))
    states = (SandboxState(shown.world, left + timedelta(hours=1)) for left in parted["shipped_at"].sort(descending=True))
    return next(one for one in states if {"waiting", "partially shipped"} <= set(sold.orders(one)["shipment_state"]))


@pytest.fixture(scope="module")
def landed(postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("selling")))
        with house("tryton", half_sent(), postgres, every_template) as found:
            found.land()
            yield found


def by_order(found: House, query: str) -> Rows:
    rows = found.db.execute(f"select order_id, {query}").fetchall()
    found.db.rollback()
    return {row[0]: row[1:] for row in rows}


def ids(orders: pl.DataFrame) -> set[str]:
    return set(orders["order_id"])


def test_every_order_is_as_far_as_it_got(landed: House) -> None:
    orders = sold.orders(landed.state)
    unpaid, off = pl.col("paid_at").is_null(), pl.col("cancelled_at").is_not_null()
    states = by_order(landed, "order_status, fulfilment_status from unified.orders where channel = 'tryton'")
    parted = orders.filter("is_parted", pl.col("shipped_at").is_not_null(), pl.col("rest_at").is_null())
    expected = {
        **dict.fromkeys(ids(orders), ("open", "unfulfilled")),
        **dict.fromkeys(ids(orders.filter(pl.col("shipped_at").is_not_null())), ("completed", "shipped")),
        **dict.fromkeys(ids(parted), ("open", "partially_shipped")),
        **dict.fromkeys(ids(orders.filter(off, unpaid)), ("cancelled", "unfulfilled")),
        **dict.fromkeys(ids(orders.filter(off, ~unpaid)), ("completed", "not_required")),
    }
    assert states == expected
    assert len(set(expected.values())) == 5, "a state that nothing is in"


def test_pieces_that_were_let_go_are_cancelled_and_no_others(landed: House) -> None:
    orders = sold.orders(landed.state)
    pieces = by_order(
        landed,
        "sum(shipped_quantity), sum(cancelled_quantity), sum(quantity) from unified.order_lines"
        " where channel = 'tryton' and line_kind = 'product' group by order_id",
    )
    off = ids(orders.filter(pl.col("cancelled_at").is_not_null()))
    assert {id for id, (_, cancelled, _) in pieces.items() if cancelled} == off
    assert all(pieces[id][:2] == (0, pieces[id][2]) for id in off)
    sent = ids(orders.filter("is_parted", pl.col("shipped_at").is_not_null(), pl.col("rest_at").is_null()))
    assert sent
    assert all(0 < pieces[id][0] < pieces[id][2] for id in sent)


def test_what_was_agreed_to_give_back_is_given_back_to_the_cent(landed: House) -> None:
    refunds = by_order(
        landed,
        "sum(amount), sum(amount) filter (where status = 'completed'), bool_or(kind = 'return')"
        " from unified.refunds where channel = 'tryton' group by order_id",
    )
    agreed = sold.given_back(landed.state).group_by("order_id").agg(
        pl.col("amount_minor").sum(),
        pl.col("amount_minor").filter(pl.col("completed_at").is_not_null()).sum().alias("done"),
        (pl.col("kind") == "return").any().alias("is_return"),
    )  # fmt: skip
    assert {id: (total, done or Decimal(0), kind) for id, (total, done, kind) in refunds.items()} == {
        id: (Decimal(total).scaleb(-2), Decimal(done).scaleb(-2), kind) for id, total, done, kind in agreed.iter_rows()
    }
    assert set(agreed["is_return"]) == {True, False}


def test_what_came_in_is_what_was_paid(landed: House) -> None:
    paid = sold.orders(landed.state).filter(pl.col("paid_at").is_not_null())
    payments = by_order(
        landed, "sum(amount) from unified.payments where channel = 'tryton' and status = 'paid' group by order_id"
    )
    assert payments == {id: (Decimal(total).scaleb(-2),) for id, total in paid.select("order_id", "total_minor").iter_rows()}


def test_parcels_have_their_numbers_some_hours_after_they_left(landed: House) -> None:
    parcels = by_order(
        landed,
        "array_agg(tracking_number order by shipment_id) from unified.shipments where channel = 'tryton' group by order_id",
    )
    left = sold.orders(landed.state).filter(pl.col("shipped_at").is_not_null())
    untold = ids(left.filter(pl.col("tracked_at").is_null()))
    assert {id for id in ids(left) if parcels[id][0][0] is None} == untold
    assert untold


@pytest.mark.parametrize("model", list(TABLES))
def test_a_search_without_conditions_finds_all(model: str) -> None:
    state = half_sent()
    found = search(state, model, [], None, EVERYTHING, ["write_date"])
    assert [row["id"] for row in found] == table(state, model)["id"].to_list()
    with pytest.raises(KeyError, match="nobody"):
        search(state, model, [["nobody", "=", 1]], None, EVERYTHING, ["id"])


def test_what_the_frame_knows_of_a_record_is_what_the_record_says() -> None:
    state = half_sent()
    for model in ("sale.sale", "account.invoice"):
        rows = table(state, model)
        full = {row["id"]: row for row in search(state, model, [], None, EVERYTHING, ["lines.id"])}
        for name in {"state", "sale_date", "origin", "create_date", "write_date", "origin_invoices"} & set(rows.columns):
            told = dict(rows.select("id", name).iter_rows())
            assert {id: row[name] for id, row in full.items()} == told, (model, name)
