"""The world as Odoo's models, a frame each. A reference is two columns, `x` and `x.name`; more dotted columns serve searches."""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl

from sluice.sandbox.seasons import START
from sluice.sandbox.state import SandboxState

SET_UP = START - timedelta(days=40)
"""When the company filled in its master data."""
RESERVE_FROM = 20
"""Pieces of a product at a facility from which on half of them lie in reserve, in a location of their own."""
COMPANY, CURRENCY = 1, 7


def frame(state: SandboxState, model: str) -> pl.DataFrame:
    """The model's records at the state's present, by id. KeyError if the model is not installed."""
    build = MODELS[model]
    return state.cached(("odoo", model), lambda: build(state).sort("id"))


def _stamp(moment: pl.Expr) -> pl.Expr:
    """A write_date as the database keeps it: with microseconds, the same for all that one transaction wrote."""
    seconds = moment.dt.epoch("s")
    return (moment.dt.truncate("1s") + pl.duration(microseconds=(seconds * 7_919) % 1_000_000)).alias("write_date")


def _at(moment: datetime) -> pl.Expr:
    return pl.lit(moment).dt.cast_time_unit("us").dt.convert_time_zone("UTC")


def _constant(id: int, name: str, as_name: str) -> list[pl.Expr]:
    return [pl.lit(id).alias(as_name), pl.lit(name).alias(f"{as_name}.name")]


def _sold_from(state: SandboxState) -> pl.Expr:
    """When what the ERP says of a product was last written: at its launch it becomes active."""
    return pl.when(pl.col("launched_at") <= state.now).then(pl.col("launched_at").clip(SET_UP)).otherwise(_at(SET_UP))


def _goods(state: SandboxState) -> pl.DataFrame:
    """Products with the template that they are a variant of. Sets and single goods of one style are templates apart."""
    template = (pl.col("style_no") * 2 + pl.col("is_bundle").cast(pl.Int64)).alias("product_tmpl_id")
    return state.world.products.with_columns(
        template, pl.col("title").alias("product_tmpl_id.name"), (pl.col("launched_at") <= state.now).alias("active")
    )


def _products(state: SandboxState) -> pl.DataFrame:
    base = pl.col("price_minor").min().over("product_tmpl_id")
    return _goods(state).select(
        pl.col("product_no").alias("id"),
        pl.col("sku").alias("default_code"),
        pl.format("[{}] {} ({})", "sku", "title", "variant").alias("display_name"),
        "product_tmpl_id", "product_tmpl_id.name", "active",
        (pl.col("cost_minor") / 100).alias("standard_price"),
        ((pl.col("price_minor") - base) / 100).alias("price_extra"),
        (pl.col("weight_g") / 1000).alias("weight"),
        pl.lit(None, pl.String).alias("barcode"),
        *_constant(1, "Units", "uom_id"),
        _stamp(_sold_from(state)),
    )  # fmt: skip


def _templates(state: SandboxState) -> pl.DataFrame:
    first = (
        _goods(state)
        .with_columns(_sold_from(state).alias("sold_from"))
        .group_by("product_tmpl_id")
        .agg(pl.col("title", "category").first(), pl.col("price_minor").min(), pl.col("active").any(), pl.col("sold_from").max())
    )
    return first.select(
        pl.col("product_tmpl_id").alias("id"),
        pl.col("title").alias("name"),
        (pl.col("price_minor") / 100).alias("list_price"),
        *_constant(CURRENCY, "CNY", "currency_id"),
        pl.col("category").rank("dense").cast(pl.Int64).alias("categ_id"),
        pl.format("All / {}", "category").alias("categ_id.name"),
        "active",
        _stamp(pl.col("sold_from")),
    )


def _warehouses(state: SandboxState) -> pl.DataFrame:
    return state.world.facilities.with_row_index("row").select(
        (pl.col("row").cast(pl.Int64) + 1).alias("id"),
        "name", "kind",
        pl.col("facility_id").alias("code"),
        pl.col("priority").alias("sequence"),
        (pl.col("row").cast(pl.Int64) + 11).alias("partner_id"),
        pl.col("name").alias("partner_id.name"),
    )  # fmt: skip


def _addresses(state: SandboxState) -> pl.DataFrame:
    places = state.world.facilities.with_row_index("row").select(
        (pl.col("row").cast(pl.Int64) + 11).alias("id"),
        "name", "city",
        (pl.col("row").cast(pl.Int64) + 501).alias("state_id"),
        pl.format("{} ({})", "region", "country").alias("state_id.name"),
        pl.col("country").alias("country_code"),
    )  # fmt: skip
    nowhere = {"city": pl.String, "state_id": pl.Int64, "state_id.name": pl.String, "country_code": pl.String}
    suppliers = _suppliers(state).select(
        pl.col("partner_id").alias("id"), pl.col("partner_id.name").alias("name"),
        *(pl.lit(None, kind).alias(name) for name, kind in nowhere.items()),
    )  # fmt: skip
    return pl.concat([places, suppliers]).with_columns(pl.lit(True).alias("active"))


def _suppliers(state: SandboxState) -> pl.DataFrame:
    named = state.world.purchase_orders.select("supplier_id", "supplier").unique().sort("supplier_id")
    return named.with_row_index("row").select(
        "supplier_id", (pl.col("row").cast(pl.Int64) + 101).alias("partner_id"), pl.col("supplier").alias("partner_id.name")
    )


def _locations(state: SandboxState) -> pl.DataFrame:
    warehouses = _warehouses(state)
    shelves = [
        warehouses.select(
            (pl.col("id") * 10 + number).alias("id"),
            pl.format(path, "code").alias("complete_name"),
            pl.col("id").alias("warehouse_id"),
            pl.col("name").alias("warehouse_id.name"),
            pl.lit("internal").alias("usage"),
            pl.lit(True).alias("active"),
        )
        for number, path in ((8, "{}/Stock"), (9, "{}/Stock/Reserve"))
    ]
    outside = shelves[0].head(1).with_columns(
        pl.lit(4).cast(pl.Int64).alias("id"), pl.lit("Partners/Vendors").alias("complete_name"),
        pl.lit("supplier").alias("usage"), pl.lit(None, pl.Int64).alias("warehouse_id"),
        pl.lit(None, pl.String).alias("warehouse_id.name"),
    )  # fmt: skip
    return pl.concat([*shelves, outside])


def _operation_types(state: SandboxState) -> pl.DataFrame:
    names = ("Receipts", "Delivery Orders", "PoS Orders")
    warehouses = _warehouses(state)
    return pl.concat(
        warehouses.select(
            (pl.col("id") * 5 + number).alias("id"),
            pl.lit(name).alias("name"),
            pl.lit(kind).alias("code"),
            pl.col("id").alias("warehouse_id"),
            pl.col("name").alias("warehouse_id.name"),
            pl.lit(True).alias("active"),
        )
        for number, (name, kind) in enumerate(zip(names, ("incoming", "outgoing", "outgoing"), strict=True))
    )


def _points_of_sale(state: SandboxState) -> pl.DataFrame:
    stores = _warehouses(state).filter(kind="store")
    return stores.select(
        pl.col("id"),
        pl.format("{} till", "name").alias("name"),
        (pl.col("id") * 5 + 2).alias("picking_type_id"),
        pl.format("{}: PoS Orders", "name").alias("picking_type_id.name"),
    )


def _quants(state: SandboxState) -> pl.DataFrame:
    """Only what is there: Odoo deletes a quant of zero."""
    warehouses = _warehouses(state).select(pl.col("id").alias("warehouse"), pl.col("code").alias("facility_id"))
    known = _goods(state).select("sku", "product_no", pl.format("[{}] {} ({})", "sku", "title", "variant").alias("product_name"))
    counted = (
        state.world.stock(state.now)
        .with_row_index("bin")
        .join(warehouses, on="facility_id", how="left", maintain_order="left")
        .join(known, on="sku", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("on_hand") >= RESERVE_FROM).then(pl.col("on_hand") // 2).otherwise(0).alias("reserve"),
            pl.col("bin").cast(pl.Int64),
        )
    )
    shelves = [
        counted.select(
            (pl.col("bin") * 2 + number + 1).alias("id"),
            pl.col("product_no").alias("product_id"),
            pl.col("product_name").alias("product_id.name"),
            (pl.col("warehouse") * 10 + 8 + number).alias("location_id"),
            pl.format(path, "facility_id").alias("location_id.name"),
            pl.lit("internal").alias("location_id.usage"),
            pieces.cast(pl.Float64).alias("quantity"),
            pl.lit(0.0).alias("reserved_quantity"),
        )
        for number, path, pieces in (
            (0, "{}/Stock", pl.col("on_hand") - pl.col("reserve")),
            (1, "{}/Stock/Reserve", pl.col("reserve")),
        )
    ]
    return pl.concat(shelves).filter(pl.col("quantity") > 0)


def _purchases(state: SandboxState) -> pl.DataFrame:
    """Lines of purchases by now. Their ids are their places among all lines ever, so that they never change."""
    world = state.world
    number = pl.struct("po_id", "line_no")
    ids = world.purchase_orders.select(number.alias("key")).with_row_index("row")
    warehouses = _warehouses(state).select(
        pl.col("id").alias("warehouse"), pl.col("code").alias("facility_id"), pl.col("name").alias("place")
    )
    return (
        world.purchase_orders_at(state.now)
        .with_columns(number.alias("key"), pl.col("po_id").str.extract(r"(\d+)$").cast(pl.Int64).alias("order_id"))
        .join(ids.select("key", (pl.col("row").cast(pl.Int64) + 1).alias("line_id")), on="key", how="left")
        .join(_suppliers(state).drop("partner_id.name"), on="supplier_id", how="left")
        .join(warehouses, on="facility_id", how="left")
        .join(world.products.select("sku", "product_no", "title"), on="sku", how="left")
    )


def _purchase_orders(state: SandboxState) -> pl.DataFrame:
    orders = _purchases(state).sort("line_id").group_by("order_id", maintain_order=True).agg(
        pl.col("po_id", "partner_id", "supplier", "warehouse", "place", "ordered_at").first(),
        pl.col("expected_at").max(),
        pl.col("line_id").alias("order_line"),
    )  # fmt: skip
    return orders.select(
        pl.col("order_id").alias("id"),
        pl.col("po_id").alias("name"),
        pl.lit("purchase").alias("state"),
        "partner_id",
        pl.col("supplier").alias("partner_id.name"),
        *_constant(CURRENCY, "CNY", "currency_id"),
        (pl.col("warehouse") * 5).alias("picking_type_id"),
        pl.format("{}: Receipts", "place").alias("picking_type_id.name"),
        (pl.col("ordered_at") - pl.duration(hours=2)).alias("date_order"),
        pl.col("ordered_at").alias("date_approve"),
        pl.col("expected_at").alias("date_planned"),
        "order_line",
        _stamp(pl.col("ordered_at")),
    )


def _purchase_order_lines(state: SandboxState) -> pl.DataFrame:
    is_received = pl.col("received_at").is_not_null()
    return _purchases(state).select(
        pl.col("line_id").alias("id"),
        "order_id",
        pl.col("po_id").alias("order_id.name"),
        pl.col("product_no").alias("product_id"),
        pl.format("[{}] {}", "sku", "title").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_uom_qty"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.when(is_received).then(pl.col("quantity")).otherwise(0).cast(pl.Float64).alias("qty_received"),
        (pl.col("unit_cost_minor") / 100).alias("price_unit"),
        pl.col("expected_at").alias("date_planned"),
        _stamp(pl.col("ordered_at")),
    )


def _moves(state: SandboxState) -> pl.DataFrame:
    is_received = pl.col("received_at").is_not_null()
    return _purchases(state).select(
        (pl.col("line_id") + 100_000).alias("id"),
        pl.col("line_id").alias("purchase_line_id"),
        pl.format("{}: {}", "po_id", "title").alias("purchase_line_id.name"),
        pl.when(is_received).then(pl.lit("done")).otherwise(pl.lit("assigned")).alias("state"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.coalesce("received_at", "expected_at").alias("date"),
        pl.lit("supplier").alias("location_id.usage"),
        _stamp(pl.coalesce("received_at", "ordered_at")),
    )


def _kits(state: SandboxState) -> pl.DataFrame:
    goods = _goods(state)
    label = pl.format("[{}] {}", "sku", "title").alias("part_name")
    part = goods.select(pl.col("sku").alias("component_sku"), pl.col("product_no").alias("part"), label)
    kit = goods.select(pl.col("sku").alias("bundle_sku"), "product_no", "product_tmpl_id", "product_tmpl_id.name")
    return state.world.components.with_row_index("row").join(kit, on="bundle_sku").join(part, on="component_sku")


def _boms(state: SandboxState) -> pl.DataFrame:
    return _kits(state).unique("bundle_sku", keep="first").select(
        pl.col("product_no").alias("id"),
        "product_tmpl_id", "product_tmpl_id.name",
        pl.col("product_no").alias("product_id"),
        pl.format("[{}] {}", "bundle_sku", "product_tmpl_id.name").alias("product_id.name"),
        pl.lit(1.0).alias("product_qty"),
        pl.lit(1).cast(pl.Int64).alias("sequence"),
        pl.lit("phantom").alias("type"),
        pl.lit(True).alias("active"),
    )  # fmt: skip


def _bom_lines(state: SandboxState) -> pl.DataFrame:
    return _kits(state).select(
        (pl.col("row").cast(pl.Int64) + 1).alias("id"),
        pl.col("product_no").alias("bom_id"),
        pl.col("product_tmpl_id.name").alias("bom_id.name"),
        pl.col("part").alias("product_id"),
        pl.col("part_name").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.lit("phantom").alias("bom_id.type"),
    )


def _units(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [1, 2], "name": ["Units", "Dozens"], "factor": [1.0, 1 / 12], "factor_inv": [1.0, 12.0], "active": [True, True]}
    )


def _companies(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame({"id": [COMPANY], "name": ["Lantern & Loom"]})


def _users(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame({"id": [2], "name": ["Sluice"], "login": ["sluice"]})


MODELS: dict[str, Callable[[SandboxState], pl.DataFrame]] = {
    "res.company": _companies,
    "res.users": _users,
    "product.product": _products,
    "product.template": _templates,
    "stock.warehouse": _warehouses,
    "res.partner": _addresses,
    "uom.uom": _units,
    "stock.location": _locations,
    "stock.picking.type": _operation_types,
    "pos.config": _points_of_sale,
    "stock.quant": _quants,
    "purchase.order": _purchase_orders,
    "purchase.order.line": _purchase_order_lines,
    "stock.move": _moves,
    "mrp.bom": _boms,
    "mrp.bom.line": _bom_lines,
}
