"""What the shop shows at one moment of the clock: of its orders those that were paid, for three months."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from sluice.sandbox.pinduoduo import records
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.view import ShopView

MONTHS = 3
OPENED = AS_OF - timedelta(days=9)
"""When the shop opened: lately, since half hours are all that can be asked for, and three months of them take minutes."""


def earliest(now: datetime) -> datetime:
    """Orders confirmed before this are no longer told: three calendar months, by Beijing's calendar."""
    local = pl.Series([now]).dt.convert_time_zone("Asia/Shanghai").dt.offset_by(f"-{MONTHS}mo")
    return local.dt.convert_time_zone("UTC").item()  # type: ignore[no-any-return]


def told(view: ShopView) -> pl.DataFrame:
    """The orders that the platform tells of."""
    return view.orders.filter(pl.col("created_at") >= OPENED, pl.col("paid_at") >= earliest(view.now))


@dataclass(frozen=True)
class Ranked:
    """Records as JSON, by the second of something about them."""

    seconds: list[int]
    bodies: list[bytes]

    def between(self, start: int, end: int) -> list[bytes]:
        """From `start` to `end`, both included, newest first."""
        return self.bodies[bisect_left(self.seconds, start) : bisect_right(self.seconds, end)][::-1]


def ranked(timed: Sequence[tuple[datetime, dict[str, Any]]]) -> Ranked:
    ordered = sorted(timed, key=lambda one: one[0])
    return Ranked([int(at.timestamp()) for at, _ in ordered], [msgspec.json.encode(record) for _, record in ordered])


class Index:
    """The shop at `view.now`."""

    def __init__(self, view: ShopView, listings: pl.DataFrame) -> None:
        titles = dict(zip(listings["listing_id"], listings["title"], strict=True))
        documents = view.documents(told(view))
        shown = [(one, records.order(one, titles)) for one in documents]
        self.orders = {record["order_sn"]: record for _, record in shown}
        self.changed = ranked([(one["updated_at"], record) for one, record in shown])
        self.confirmed = ranked([(one["paid_at"], record) for one, record in shown])
        self.cases = ranked([(records.changed(back), records.case(one, back)) for one in documents for back in one["refunds"]])
        on_sale = listings.filter(pl.col("listed_at") <= view.now).sort("listed_at", "product_id", "listing_id")
        self.goods = {
            str(product): part.to_dicts()
            for (product,), part in on_sale.partition_by("product_id", as_dict=True, maintain_order=True).items()
        }
        self.goods_of = {row["sku"]: product for product, rows in self.goods.items() for row in rows}
