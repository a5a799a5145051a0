"""sale.order and sale.order.line.

What moves an order's stamp: its confirmation, parcels, credit notes of its lines, its cancellation. That its invoice was posted
and paid, and that goods came back, does not.
"""

import polars as pl

from sluice.sandbox.odoo import shop
from sluice.sandbox.odoo.columns import DOLLAR, constant, money, stamp
from sluice.sandbox.odoo.invoices import POSTAGE, credit_notes
from sluice.sandbox.odoo.partners import recipient
from sluice.sandbox.state import SandboxState

DELIVERY = (900_001, "[DELIVERY] Delivery")
"""The service that postage is sold as. The catalogue here is of goods alone."""
DISCOUNT_DIGITS = 6
"""As this company has set it: with Odoo's own two, a percentage of a dear line is cents off."""


def orders(state: SandboxState) -> pl.DataFrame:
    credited = credit_notes(state).filter("is_linked").group_by("order").agg(
        pl.col("id").alias("notes"), pl.col("approved_at").max().alias("credited_at")
    )  # fmt: skip
    named = shop.view(state).customers().select("customer_id", "name")
    sold = shop.orders(state).join(credited, left_on="id", right_on="order", how="left").join(named, on="customer_id")
    is_cancelled = pl.col("cancelled_at").is_not_null()
    return sold.join(recipient(state), on="ship_to_person_id").select(
        "id",
        _number().alias("name"),
        pl.when(is_cancelled).then(pl.lit("cancel")).otherwise(pl.lit("sale")).alias("state"),
        pl.col("customer_id").cast(pl.Int64).alias("partner_id"),
        pl.col("name").alias("partner_id.name"),
        *_shipped_to(),
        *constant(*DOLLAR, "currency_id"),
        money(pl.col("total_minor") - pl.col("tax_minor")).alias("amount_untaxed"),
        money(pl.col("tax_minor")).alias("amount_tax"),
        money(pl.col("total_minor")).alias("amount_total"),
        pl.col("created_at").alias("date_order"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("commitment_date"),
        pl.when(is_cancelled).then(pl.lit("no")).otherwise(pl.lit("invoiced")).alias("invoice_status"),
        pl.when(is_cancelled)
        .then(None)
        .when(pl.col("rest_at").is_not_null())
        .then(pl.lit("full"))
        .when(pl.col("shipped_at").is_not_null())
        .then(pl.lit("partial"))
        .otherwise(pl.lit("pending"))
        .alias("delivery_status"),
        pl.col("warehouse").alias("warehouse_id"),
        pl.col("place").alias("warehouse_id.name"),
        pl.concat_list("id", pl.col("notes").fill_null([])).alias("invoice_ids"),
        stamp(pl.max_horizontal("created_at", "shipped_at", "rest_at", "credited_at", "cancelled_at")),
    )


def order_lines(state: SandboxState) -> pl.DataFrame:
    goods, posted = shop.lines(state), shop.orders(state).filter(pl.col("shipping_minor") > 0)
    gross = pl.col("unit_price_minor") * pl.col("quantity")
    percent = (pl.col("discount_minor") * 100 / pl.when(gross == 0).then(1).otherwise(gross)).round(DISCOUNT_DIGITS)
    left = pl.col("left_at").is_not_null()
    sold = goods.select(
        "id",
        pl.col("order").alias("order_id"),
        _number().alias("order_id.name"),
        (pl.col("line_no") * 10).alias("sequence"),
        pl.col("label").alias("name"),
        pl.col("product_no").alias("product_id"),
        pl.col("label").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_uom_qty"),
        pl.when(left).then(pl.col("quantity") - pl.col("back")).otherwise(0).cast(pl.Float64).alias("qty_delivered"),
        pl.lit("stock_move").alias("qty_delivered_method"),
        pl.lit(False).alias("is_delivery"),
        money(pl.col("unit_price_minor")).alias("price_unit"),
        percent.alias("discount"),
        money(pl.col("total_minor")).alias("price_subtotal"),
        money(pl.col("tax_minor")).alias("price_tax"),
        money(pl.col("total_minor") + pl.col("tax_minor")).alias("price_total"),
        stamp(pl.max_horizontal("created_at", "left_at", "returned_at", "credited_at", "cancelled_at")),
    )
    price = money(pl.col("shipping_minor"))
    postage = posted.select(
        (pl.col("id") + POSTAGE).alias("id"),
        pl.col("id").alias("order_id"),
        _number().alias("order_id.name"),
        pl.lit(100_000).cast(pl.Int64).alias("sequence"),
        pl.lit("Delivery").alias("name"),
        *(one.cast(kind) for one, kind in zip(constant(*DELIVERY, "product_id"), (pl.Int64, pl.String), strict=True)),
        pl.lit(1.0).alias("product_uom_qty"),
        pl.lit(0.0).alias("qty_delivered"),
        pl.lit("manual").alias("qty_delivered_method"),
        pl.lit(True).alias("is_delivery"),
        price.alias("price_unit"),
        pl.lit(0.0).alias("discount"),
        price.alias("price_subtotal"),
        pl.lit(0.0).alias("price_tax"),
        price.alias("price_total"),
        stamp(pl.max_horizontal("created_at", "cancelled_at")),
    )
    return pl.concat([sold, postage]).with_columns(
        *constant(1, "Units", "product_uom"),
        pl.lit(None, pl.String).alias("display_type"),
        pl.lit(False).alias("is_downpayment"),
    )


def _number() -> pl.Expr:
    return pl.format("S{}", pl.col("order_number").str.strip_prefix("#"))


def _shipped_to() -> list[pl.Expr]:
    """To the customer, or to an address of its own."""
    is_own = pl.col("ship_to_person_id") == pl.col("person_id")
    return [
        pl.when(is_own).then(pl.col("customer_id").cast(pl.Int64)).otherwise("recipient").alias("partner_shipping_id"),
        pl.when(is_own).then("name").otherwise("recipient_name").alias("partner_shipping_id.name"),
    ]
