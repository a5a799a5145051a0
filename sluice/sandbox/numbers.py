"""The numbers that platforms give to orders, lines, refunds and parcels: growing with time, Taobao's past 2**53."""

import numpy as np
import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.draws import Flags, Ints, moments

CARRIERS = {"DHL": "JD", "FedEx": "FX", "UPS": "1Z", "SF Express": "SF", "YTO Express": "YT", "ZTO Express": "ZT"}
"""Carriers and the letters their tracking numbers begin with."""


def orders(rng: np.random.Generator, shop: Shop, created: Ints) -> tuple[pl.Series, pl.Series]:
    """(order_id, order_number) of orders sorted by creation."""
    count = len(created)
    if shop.kind == "own_shop":
        ids = 5_400_000_000_000 + rng.integers(1_024, 32_768, count).cumsum()
        return _text("order_id", ids), pl.Series("order_number", [f"#{number}" for number in range(1001, 1001 + count)])
    if shop.kind == "marketplace":
        ids = 2_100_000_000_000_000_000 + rng.integers(10**9, 10**12, count).cumsum()
        return _text("order_id", ids), _text("order_number", ids)
    receipts = pl.DataFrame({"at": moments("at", created).dt.convert_time_zone(shop.timezone)}).select(
        receipt=pl.format(
            "HZ{}-{}",
            pl.col("at").dt.strftime("%Y%m%d"),
            pl.col("at").cum_count().over(pl.col("at").dt.date()).cast(pl.String).str.zfill(4),
        )
    )["receipt"]
    return receipts.alias("order_id"), receipts.alias("order_number")


def lines(rng: np.random.Generator, shop: Shop, frame: pl.DataFrame, is_only: Flags) -> pl.Series:
    """line_id. On Taobao the only line of a trade has the trade's number."""
    if shop.kind == "own_shop":
        return _text("line_id", 13_800_000_000_000 + rng.integers(1_024, 32_768, len(frame)).cumsum())
    number = pl.col("line_no").cast(pl.String)
    if shop.kind == "store":
        return frame.select(line_id=pl.format("{}/{}", "order_id", number))["line_id"]
    step = pl.when(pl.Series(is_only)).then(0).otherwise("line_no")
    return frame.select(line_id=(pl.col("order_id").cast(pl.Int64) + step).cast(pl.String))["line_id"]


def refunds(rng: np.random.Generator, shop: Shop, count: int) -> pl.Series:
    first = {"own_shop": 890_000_000_000, "marketplace": 120_000_000_000_000_000, "store": 9_000_000}[shop.kind]
    ids = _text("refund_id", first + rng.integers(1, 2_048, count).cumsum())
    return "HZR" + ids if shop.kind == "store" else ids


def shipments(shop: Shop, parcels: Ints) -> pl.Series:
    """shipment_id by the order's position."""
    first = {"own_shop": 4_900_000_000_000, "marketplace": 61_000_000_000, "store": 0}[shop.kind]
    return _text("shipment_id", first + parcels * 4_096)


def parcels(rng: np.random.Generator, carrier: pl.Series) -> pl.Series:
    """Tracking numbers: the carrier's letters and thirteen digits."""
    count = len(carrier)
    number = _text("tracking_number", 10**12 + rng.permutation(count) * 811 + rng.integers(0, 811, count))
    return carrier.replace_strict(CARRIERS, return_dtype=pl.String).alias("tracking_number") + number


def _text(name: str, ids: Ints) -> pl.Series:
    return pl.Series(name, ids).cast(pl.String)
