"""Models of sales as frames that searches run over: stamps, states and what leads from one to another. A row's `position` and
`refund` say which order, and which return or credit note of it, the record is made from."""

from collections.abc import Callable
from typing import Any

import polars as pl

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.models import records
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.sold import credit_notes, is_here, orders, returns
from sluice.sandbox.tryton.values import COMPANY, CURRENCIES, ZONE

REST = 1
"""Shipments are numbered by twice their order's number; this is added for the rest of a parted one."""
LINKS = {
    "lines.id": "sale.line", "invoices": "account.invoice", "shipments": "stock.shipment.out",
    "shipment_returns": "stock.shipment.out.return",
}  # fmt: skip
"""What a sale has: the model whose `sale` leads back to it."""


def table(state: SandboxState, model: str) -> pl.DataFrame:
    """The model's rows at the state's present, by id. KeyError if no module brings the model."""
    build = TABLES[model]
    return state.cached((SHOP.channel, "table", model, is_here(state)), lambda: build(state).sort("id"))


def _stamps(created: str, *changed: str | pl.Expr) -> list[pl.Expr]:
    """As `values.stamps` has them."""

    def told(moment: pl.Expr) -> pl.Expr:
        return moment.dt.replace_time_zone(None) + pl.duration(microseconds=moment.dt.epoch("s") * 7_919 % 1_000_000)

    never = pl.lit(None, pl.Datetime("us", "UTC"))
    return [
        told(pl.col(created)).alias("create_date"),
        told(pl.max_horizontal(never, *changed)).alias("write_date"),
    ]


def _day(moment: pl.Expr) -> pl.Expr:
    return moment.dt.convert_time_zone(str(ZONE)).dt.date()


def _owned() -> pl.Expr:
    return pl.lit(COMPANY).alias("company")


def _number(value: pl.Expr | None = None) -> pl.Expr:
    return pl.lit(None, pl.Int64) if value is None else value.cast(pl.Int64)


def _sales(state: SandboxState) -> pl.DataFrame:
    sold = orders(state).select(
        "id", "position", _number().alias("refund"), pl.col("sale_state").alias("state"),
        pl.lit(None, pl.String).alias("origin"), _day(pl.col("created_at")).alias("sale_date"),
        pl.col("total_minor").cast(pl.Int64).alias("total_amount"),
        *_stamps("created_at", "paid_at", "shipped_at", "rest_at", "cancelled_at"),
    )  # fmt: skip
    back = returns(state).select(
        "id", _number(pl.col("position")), pl.col("id").alias("refund"),
        pl.when(pl.col("completed_at").is_null()).then(pl.lit("processing")).otherwise(pl.lit("done")).alias("state"),
        pl.format("sale.sale,{}", "order").alias("origin"), _day(pl.col("approved_at")).alias("sale_date"),
        (-pl.col("amount_minor")).cast(pl.Int64).alias("total_amount"),
        *_stamps("approved_at", "returned_at", "completed_at"),
    )  # fmt: skip
    return pl.concat([sold, back]).with_columns(_owned(), pl.lit(CURRENCIES[SHOP.currency]).alias("currency"))


def _of_orders(state: SandboxState) -> pl.DataFrame:
    """Lines of goods, each with what becomes of its order."""
    sold = orders(state)
    lines, counts = state.view(SHOP.channel, SHOP.shop).history.lines.of(sold["position"].to_numpy())
    owner = pl.int_range(len(sold), eager=True).repeat_by(pl.Series(counts)).explode().drop_nulls()
    numbered = lines.select(pl.col("line_id").cast(pl.Int64).alias("line"), "line_no", "quantity")
    return pl.concat([sold[owner], numbered], how="horizontal")


def _lines(state: SandboxState) -> pl.DataFrame:
    goods = _of_orders(state).select(pl.col("line").alias("id"), pl.col("id").alias("sale"), *_stamps("created_at"))
    postage = orders(state).filter(pl.col("shipping_minor") > 0).select("id", pl.col("id").alias("sale"), *_stamps("created_at"))
    back = returns(state).select("id", pl.col("id").alias("sale"), *_stamps("approved_at"))
    return pl.concat([goods, postage, back]).with_columns(pl.lit(COMPANY).alias("sale.company"))


def _moves(state: SandboxState) -> pl.DataFrame:
    """Those of sales beside the receipts of purchases."""
    receipts = pl.DataFrame(list(records(state, "stock.move").values()), schema=MOVE)
    if not is_here(state):
        return receipts
    is_rest = pl.col("is_parted") & (pl.col("line_no") > 1)
    sent = pl.when(is_rest).then("rest_at").otherwise("shipped_at")
    out = _of_orders(state).filter(pl.col("paid_at").is_not_null()).select(
        pl.col("line").alias("id"), _owned(), pl.format("sale.line,{}", "line").alias("origin"),
        pl.when(pl.col("cancelled_at").is_not_null()).then(pl.lit("cancelled"))
        .when(sent.is_not_null()).then(pl.lit("done")).otherwise(pl.lit("draft")).alias("state"),
        pl.col("quantity").cast(pl.Float64).alias("internal_quantity"),
        _day(sent).alias("effective_date"), _day(pl.col("paid_at")).alias("planned_date"),
        # What stays behind is written as the rest of its order leaves without it.
        *_stamps("paid_at", "shipped_at", sent, "cancelled_at"),
    )  # fmt: skip
    back = returns(state).select(
        "id", _owned(), pl.format("sale.line,{}", "id").alias("origin"),
        pl.when(pl.col("returned_at").is_null()).then(pl.lit("draft")).otherwise(pl.lit("done")).alias("state"),
        pl.col("quantity").cast(pl.Float64).alias("internal_quantity"),
        _day(pl.col("returned_at")).alias("effective_date"), _day(pl.col("approved_at")).alias("planned_date"),
        *_stamps("approved_at", "returned_at"),
    )  # fmt: skip
    schema = pl.Schema(MOVE)
    return pl.concat([receipts, out.cast(schema), back.cast(schema)])


def _shipments(state: SandboxState) -> pl.DataFrame:
    paid = orders(state).filter(pl.col("paid_at").is_not_null())
    first = paid.select(
        pl.col("id") * 2, pl.col("id").alias("sale"), *_stamps("paid_at", "shipped_at", "tracked_at", "cancelled_at")
    )
    rest = paid.filter("is_parted", pl.col("shipped_at").is_not_null()).select(
        pl.col("id") * 2 + REST, pl.col("id").alias("sale"), *_stamps("shipped_at", "rest_at", "rest_tracked_at")
    )
    return pl.concat([first, rest]).with_columns(_owned())


def _shipment_returns(state: SandboxState) -> pl.DataFrame:
    return returns(state).select("id", pl.col("id").alias("sale"), _owned(), *_stamps("approved_at", "returned_at"))


def _invoices(state: SandboxState) -> pl.DataFrame:
    nothing = pl.lit([], pl.List(pl.Int64)).alias("origin_invoices")
    paid = orders(state).filter(pl.col("paid_at").is_not_null())
    sold = paid.select(
        "id", pl.col("id").alias("sale"), "position", _number().alias("refund"), nothing, *_stamps("paid_at", "paid_at")
    )
    back = returns(state).select(
        "id", pl.col("id").alias("sale"), "position", pl.col("id").alias("refund"), nothing,
        *_stamps("approved_at", "completed_at"),
    )  # fmt: skip
    notes = credit_notes(state).select(
        "id", _number().alias("sale"), "position", pl.col("id").alias("refund"),
        pl.concat_list("order").alias("origin_invoices"), *_stamps("approved_at", "completed_at"),
    )  # fmt: skip
    return pl.concat([sold, back, notes]).with_columns(_owned(), pl.lit("out").alias("type"))


MOVE: dict[str, Any] = {
    "id": pl.Int64, "company": pl.Int32, "origin": pl.String, "state": pl.String, "internal_quantity": pl.Float64,
    "effective_date": pl.Date, "planned_date": pl.Date, "create_date": pl.Datetime("us"), "write_date": pl.Datetime("us"),
}  # fmt: skip
TABLES: dict[str, Callable[[SandboxState], pl.DataFrame]] = {
    "sale.sale": _sales,
    "sale.line": _lines,
    "stock.move": _moves,
    "stock.shipment.out": _shipments,
    "stock.shipment.out.return": _shipment_returns,
    "account.invoice": _invoices,
}
