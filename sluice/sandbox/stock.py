"""Stock: what was bought from suppliers, so that everything that ever ships was there to be shipped."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from sluice.sandbox.catalogue import FACILITIES, STORE, Catalogue
from sluice.sandbox.draws import DAY, NEVER, Flags, Ints, generator, moments
from sluice.sandbox.seasons import FIRST_SECOND
from sluice.sandbox.shop import Story

SUPPLIERS = (
    ("SUP-01", "Ningbo Textile Co.", 21), ("SUP-02", "Yiwu Travel Goods", 14), ("SUP-03", "Dongguan Bags Ltd.", 28),
    ("SUP-04", "Zhejiang Steelware", 18), ("SUP-05", "Shenzhen Outdoor Lighting", 24), ("SUP-06", "Fujian Camp Furniture", 32),
    ("SUP-07", "Suzhou Silk & Wool", 26), ("SUP-08", "Guangzhou Trim House", 12), ("SUP-09", "Hangzhou Daily Supply", 4),
)  # fmt: skip
"""Number, name, lead time that they quote (days). The last one serves the store, the others the warehouses."""
CYCLE_DAYS = 30
DELIVERIES = 30
"""Deliveries of one supplier to one facility that are drawn; more than reach from START to END."""
LEAD_TIME_SPREAD = 0.22
TIGHT_SHARE = 0.15
"""Bins that are bought for without a reserve, and so run dry between deliveries."""
DISTANT = 2**32
"""A moment (seconds) after all that is known."""
PACK, PACKED_FROM = 5, 20
"""Larger purchases are rounded up to whole packs (pieces)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Pieces by bin and moment. A bin is facility * SKUs + SKU, both by position."""

    bin: Ints
    at: Ints
    quantity: Ints

    def until(self, moments: Ints) -> Ints:
        """Pieces that moved in each bin (row) before each moment (column)."""
        key = self.bin * 2**33 + self.at
        order = np.argsort(key, kind="stable")
        running = np.concatenate([[0], self.quantity[order].cumsum()])
        wanted = np.arange(len(moments))[:, None] * 2**33 + moments
        first = np.searchsorted(key[order], np.arange(len(moments)) * 2**33)
        reached: Ints = running[np.searchsorted(key[order], wanted)] - running[first][:, None]
        return reached


@dataclass(frozen=True, slots=True)
class Stock:
    """`bins` names the places that are counted; `movements` (bin, at, quantity, kind) is all that ever comes and goes."""

    bins: pl.DataFrame
    movements: pl.DataFrame
    purchase_orders: pl.DataFrame

    def at(self, now: datetime) -> pl.DataFrame:
        """facility_id, sku, on_hand: pieces on the shelves at `now`, by facility and SKU."""
        moved = self.movements.filter(pl.col("at") <= now).group_by("bin").agg(pl.col("quantity").sum().alias("on_hand"))
        counted = self.bins.join(moved, on="bin", how="left", maintain_order="left")
        return counted.select("facility_id", "sku", pl.col("on_hand").fill_null(0))


def generate(seed: int, orders: int, catalogue: Catalogue, stories: list[Story]) -> Stock:
    rng = generator(seed, orders, "stock")
    skus = len(catalogue.products)
    shipped = _joined([_shipped(story, catalogue) for story in stories])
    returned = _joined([_returned(story, catalogue) for story in stories])
    supplier = rng.integers(0, len(SUPPLIERS) - 1, skus)
    arrival, lead = _deliveries(rng)
    begins = _first_deliveries(catalogue)
    place, sku = np.divmod(np.arange(len(FACILITIES) * skus), skus)
    source = np.where(place == STORE, len(SUPPLIERS) - 1, supplier[sku])
    received = np.maximum(arrival[place, source], begins[sku][:, None])
    received[:, 0] = np.where(begins[sku] > 0, begins[sku], received[:, 0])
    opening, bought = _purchases(rng, received, shipped, returned, is_new=begins[sku] > 0)
    row, delivery = np.nonzero(bought)
    receipts = Flow(row, received[row, delivery], bought[row, delivery])
    on_shelf = Flow(np.flatnonzero(opening), np.full(np.count_nonzero(opening), FIRST_SECOND), opening[opening > 0])
    bins = _bins(catalogue, np.unique(np.concatenate([on_shelf.bin, receipts.bin])))
    return Stock(
        bins=bins,
        movements=_movements({"opening": on_shelf, "receipt": receipts, "shipment": shipped, "return": returned}),
        purchase_orders=_purchase_orders(
            rng, receipts, source[row], receipts.at - lead[place[row], source[row], delivery], catalogue
        ),
    )


def _joined(flows: list[Flow]) -> Flow:
    return Flow(*(np.concatenate([getattr(flow, name) for flow in flows]) for name in ("bin", "at", "quantity")))


def _shipped(story: Story, catalogue: Catalogue) -> Flow:
    goods = story.baskets
    at = story.events.shipped[goods.owner]
    return _exploded(story.facility[goods.owner], goods.sku, at, goods.quantity, at != NEVER, catalogue)


def _returned(story: Story, catalogue: Catalogue) -> Flow:
    goods, given = story.baskets, story.refunds
    facility = story.facility[goods.owner[given.line]]
    return _exploded(facility, goods.sku[given.line], given.returned, given.quantity, given.is_restocked, catalogue)


def _exploded(facility: Ints, sku: Ints, at: Ints, quantity: Ints, moves: Flags, catalogue: Catalogue) -> Flow:
    """Pieces that move: of a bundle its components."""
    bundle, component, each = catalogue.parts
    single = np.flatnonzero(moves & ~catalogue.is_bundle[sku])
    packed = np.flatnonzero(moves & catalogue.is_bundle[sku])
    first, last = np.searchsorted(bundle, sku[packed]), np.searchsorted(bundle, sku[packed], side="right")
    line = np.repeat(packed, last - first)
    part = np.arange(len(line)) - np.repeat((last - first).cumsum() - last, last - first)
    skus = len(catalogue.is_bundle)
    return Flow(
        np.concatenate([facility[single] * skus + sku[single], facility[line] * skus + component[part]]),
        np.concatenate([at[single], at[line]]),
        np.concatenate([quantity[single], quantity[line] * each[part]]),
    )


def _first_deliveries(catalogue: Catalogue) -> Ints:
    """When what is new after START first comes in: for a presale at its release, else before it is sold. 0 for the others."""
    is_presale = catalogue.released > catalogue.launched
    return np.where(catalogue.launched < FIRST_SECOND, 0, catalogue.released - np.where(is_presale, 0, 2 * DAY)).astype(np.int64)


def _deliveries(rng: np.random.Generator) -> tuple[Ints, Ints]:
    """When each supplier delivers to each facility, and how long before it was asked (seconds)."""
    shape = (len(FACILITIES), len(SUPPLIERS), DELIVERIES)
    arrival = FIRST_SECOND + (rng.uniform(0.7, 1.3, shape).cumsum(axis=2) * CYCLE_DAYS * DAY).astype(np.int64)
    quoted = np.array([supplier[2] for supplier in SUPPLIERS])[None, :, None]
    lead = quoted * rng.lognormal(0.03, LEAD_TIME_SPREAD, shape) * DAY
    return arrival, lead.astype(np.int64)


def _purchases(rng: np.random.Generator, received: Ints, shipped: Flow, returned: Flow, is_new: Flags) -> tuple[Ints, Ints]:
    """Opening stock and what each delivery brings, by bin: enough until the next one, and now and then hardly more.

    At the start of each period the shelf holds at least what leaves in it, so it is never empty below zero; what is left over
    or comes back is carried on and bought less.
    """
    gone, back = _by_period(shipped, received), _by_period(returned, received)
    count = len(gone)
    is_tight = (rng.random(count) < TIGHT_SHARE) & ~is_new
    reserve = np.where(is_tight, 0, rng.integers(3, 16, count)) * (gone.sum(axis=1) > 0)
    spare = np.where(is_tight[:, None], 0, rng.uniform(0.05, 0.7, gone.shape))
    wanted = np.ceil(gone * (1 + spare)).astype(np.int64) + reserve[:, None]
    opening = np.where(is_new, 0, wanted[:, 0])
    bought = np.zeros(received.shape, dtype=np.int64)
    shelf = opening - gone[:, 0] + back[:, 0]
    for period in range(1, gone.shape[1]):
        lack = np.maximum(wanted[:, period] - shelf, 0)
        bought[:, period - 1] = np.where(lack > PACKED_FROM, -(-lack // PACK) * PACK, lack)
        shelf += bought[:, period - 1] - gone[:, period] + back[:, period]
    return opening, bought


def _by_period(flow: Flow, received: Ints) -> Ints:
    """Pieces that moved before the first delivery, between each and the next, and after the last."""
    return np.diff(flow.until(np.column_stack([received, np.full(len(received), DISTANT)])), axis=1, prepend=0)


def _bins(catalogue: Catalogue, used: Ints) -> pl.DataFrame:
    place, sku = np.divmod(used, len(catalogue.products))
    facility = catalogue.facilities["facility_id"].gather(place)
    return pl.DataFrame({"bin": used, "facility_id": facility, "sku": catalogue.products["sku"].gather(sku)})


def _movements(flows: dict[str, Flow]) -> pl.DataFrame:
    frames = [
        pl.DataFrame(
            {
                "bin": flow.bin,
                "at": moments("at", flow.at),
                "quantity": -flow.quantity if kind == "shipment" else flow.quantity,
            }
        ).with_columns(pl.lit(kind).alias("kind"))
        for kind, flow in flows.items()
    ]
    return pl.concat(frames).sort("at", "bin", "kind", maintain_order=True)


def _purchase_orders(rng: np.random.Generator, receipts: Flow, source: Ints, ordered: Ints, catalogue: Catalogue) -> pl.DataFrame:
    """One order a supplier, facility and day of delivery; its lines by SKU."""
    place, sku = np.divmod(receipts.bin, len(catalogue.products))
    quoted = np.array([supplier[2] for supplier in SUPPLIERS])[source]
    cost = catalogue.products["cost_minor"].to_numpy()[sku] * rng.uniform(0.95, 1.06, len(sku))
    frame = pl.DataFrame(
        {
            "supplier_id": pl.Series([supplier[0] for supplier in SUPPLIERS]).gather(source),
            "supplier": pl.Series([supplier[1] for supplier in SUPPLIERS]).gather(source),
            "sku": catalogue.products["sku"].gather(sku),
            "facility_id": catalogue.facilities["facility_id"].gather(place),
            "quantity": receipts.quantity,
            "unit_cost_minor": cost.astype(np.int64),
            "ordered_at": moments("ordered_at", ordered),
            "expected_at": moments("expected_at", ordered + quoted * DAY),
            "received_at": moments("received_at", receipts.at),
        }
    ).sort("ordered_at", "supplier_id", "facility_id", "received_at", "sku")
    order = pl.struct("ordered_at", "supplier_id", "facility_id", "received_at").rle_id()
    return frame.select(
        pl.format("PO{}", (order + 1).cast(pl.String).str.zfill(5)).alias("po_id"),
        pl.int_range(1, pl.len() + 1).over(order).alias("line_no"),
        pl.all(),
    )
