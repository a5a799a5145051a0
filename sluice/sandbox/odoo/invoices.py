"""account.move and account.move.line: an invoice an order, drafted with it and posted once it is paid, and credit notes.

A credit note is drafted when the shop agrees and posted when the money is given back: what ends a whole order is one note of all
its lines, what comes back one of its line, and what is given for goodwill names no line of the sale.
"""

import polars as pl

from sluice.sandbox.odoo import shop
from sluice.sandbox.odoo.columns import DOLLAR, constant, money, stamp
from sluice.sandbox.state import SandboxState

POSTAGE = 1
"""What an order's id and more is the id of its line of postage: ids of orders are far apart."""


def credit_notes(state: SandboxState) -> pl.DataFrame:
    """One row a note: its id, its order, what it gives back, and when it was agreed to and paid."""
    by_note = pl.when("is_whole").then(pl.col("refund_id").min().over("order")).otherwise("refund_id").alias("id")
    return (
        shop.refunds(state)
        .with_columns(by_note)
        .group_by("id")
        .agg(
            pl.col("order", "order_number", "is_linked", "is_whole", "shipping_minor").first(),
            pl.col("amount_minor").sum(),
            pl.col("approved_at", "completed_at").max(),
        )
    )


def moves(state: SandboxState) -> pl.DataFrame:
    is_paid, is_cancelled = pl.col("paid_at").is_not_null(), pl.col("cancelled_at").is_not_null()
    invoices = shop.orders(state).select(
        "id",
        pl.lit("out_invoice").alias("move_type"),
        pl.when(is_paid).then(_invoice()).otherwise(pl.lit("/")).alias("name"),
        pl.when(is_paid)
        .then(pl.lit("posted"))
        .when(is_cancelled)
        .then(pl.lit("cancel"))
        .otherwise(pl.lit("draft"))
        .alias("state"),
        pl.lit(None, pl.Int64).alias("reversed_entry_id"),
        pl.lit(None, pl.String).alias("reversed_entry_id.name"),
        pl.col("total_minor").alias("amount_minor"),
        pl.col("created_at").alias("create_date"),
        pl.col("paid_at").alias("settled_at"),
        pl.lit(None, pl.String).alias("ref"),
        stamp(pl.coalesce("paid_at", "cancelled_at", "created_at")),
    )
    is_settled = pl.col("completed_at").is_not_null()
    notes = credit_notes(state).select(
        "id",
        pl.lit("out_refund").alias("move_type"),
        pl.when(is_settled).then(pl.format("RINV/{}", "id")).otherwise(pl.lit("/")).alias("name"),
        pl.when(is_settled).then(pl.lit("posted")).otherwise(pl.lit("draft")).alias("state"),
        pl.col("order").alias("reversed_entry_id"),
        _invoice().alias("reversed_entry_id.name"),
        "amount_minor",
        pl.col("approved_at").alias("create_date"),
        pl.col("completed_at").alias("settled_at"),
        pl.format("Reversal of: {}", _invoice()).alias("ref"),
        stamp(pl.coalesce("completed_at", "approved_at")),
    )
    is_settled = pl.col("settled_at").is_not_null()
    return (
        pl.concat([invoices, notes])
        .with_columns(
            *constant(*DOLLAR, "currency_id"),
            money(pl.col("amount_minor")).alias("amount_total"),
            money(pl.when(is_settled).then(0).otherwise("amount_minor")).alias("amount_residual"),
            pl.when(is_settled).then(pl.lit("paid")).otherwise(pl.lit("not_paid")).alias("payment_state"),
            pl.col("settled_at").dt.strftime("%Y-%m-%d").alias("invoice_date"),
        )
        .drop("amount_minor", "settled_at")
    )


def move_lines(state: SandboxState) -> pl.DataFrame:
    """Lines of goods and postage; those of taxes and of what is owed are not told."""
    posted = shop.orders(state).filter(pl.col("shipping_minor") > 0)
    notes = credit_notes(state).filter(pl.col("is_whole"), pl.col("shipping_minor") > 0)
    return pl.concat(
        [
            shop.lines(state).select(
                "id",
                pl.col("order").alias("move_id"),
                pl.col("id").alias("sale_line"),
                pl.col("order").alias("sale_line_ids.order_id"),
                "quantity",
                pl.col("total_minor").alias("net_minor"),
                (pl.col("total_minor") + pl.col("tax_minor")).alias("gross_minor"),
            ),
            posted.select((pl.col("id") + POSTAGE).alias("id"), pl.col("id").alias("move_id"), *_postage(pl.col("id"))),
            _credited(state),
            notes.select((pl.col("order") + POSTAGE + 1).alias("id"), pl.col("id").alias("move_id"), *_postage(pl.col("order"))),
        ]
    ).select(
        "id",
        "move_id",
        pl.col("move_id").cast(pl.String).alias("move_id.name"),
        pl.concat_list(pl.col("sale_line")).list.drop_nulls().alias("sale_line_ids"),
        "sale_line_ids.order_id",
        pl.col("quantity").cast(pl.Float64),
        money(pl.col("net_minor")).alias("price_subtotal"),
        money(pl.col("gross_minor")).alias("price_total"),
    )


def _credited(state: SandboxState) -> pl.DataFrame:
    """A row a refund. The world's refund of an order's first line holds its postage."""
    postage = pl.when("is_whole", pl.col("line_no") == 1).then("shipping_minor").otherwise(0)
    gross = pl.col("amount_minor") - postage
    tax = pl.when("is_linked").then(pl.col("line_tax_minor") * pl.col("quantity") // pl.col("bought")).otherwise(0)
    note = pl.when("is_whole").then(pl.col("refund_id").min().over("order")).otherwise("refund_id")
    return shop.refunds(state).select(
        pl.col("refund_id").alias("id"),
        note.alias("move_id"),
        pl.when("is_linked").then("line_id").alias("sale_line"),
        pl.when("is_linked").then("order").alias("sale_line_ids.order_id"),
        pl.when("is_linked").then("quantity").otherwise(1).alias("quantity"),
        (gross - tax).alias("net_minor"),
        gross.alias("gross_minor"),
    )


def _postage(order: pl.Expr) -> list[pl.Expr]:
    price = pl.col("shipping_minor")
    return [
        (order + POSTAGE).alias("sale_line"),
        order.alias("sale_line_ids.order_id"),
        pl.lit(1).cast(pl.Int64).alias("quantity"),
        price.alias("net_minor"),
        price.alias("gross_minor"),
    ]


def _invoice() -> pl.Expr:
    return pl.format("INV/{}", pl.col("order_number").str.strip_prefix("#"))
