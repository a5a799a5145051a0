"""What the twin starts from, read from the warehouse: demand, stock now and on each evening, supply, the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from psycopg import Connection

from sluice.operations import frames
from sluice.operations.as_of import first_day_unknown
from sluice.operations.decide import DEMAND, DEMAND_COLUMNS
from sluice.operations.levels import purchases
from sluice.planning.lead_time import supply as supply_of
from sluice.planning.policy import terms
from sluice.planning.twin.history import Records, best_sellers, by_day, on_shelves, walked_back
from sluice.planning.twin.kept import Kept
from sluice.planning.twin.network import network
from sluice.planning.twin.simulate import Company
from sluice.planning_policy import Planning

HISTORY = 365
"""Days of demand that are read."""
AHEAD = 120
"""Days within which what is on order is expected; later ones are put on the last."""
FREE = """
select facility_id, sku, greatest(0, on_hand - committed - held - presale_reserve) as free from ops.stock_positions
"""
BOOKED = """
select occurred_at::date as day, facility_id, sku, sum(on_hand - committed - held - presale_reserve)::bigint as pieces
from ops.stock_movements where occurred_at::date >= date '{since}' and occurred_at::date < date '{until}' group by 1, 2, 3
"""
BEGAN = "select facility_id, min(occurred_at)::date as began from ops.stock_movements group by facility_id"
SUPPLY = """
select
    facility_id, sku, ordered_at::date as ordered_on, received_at::date as received_on,
    greatest(coalesce(expected_at::date, date '{until}'), date '{until}') as expected_on,
    received_quantity::bigint as received,
    case when status = 'open' then greatest(0, quantity - received_quantity) else 0 end::bigint as missing
from unified.purchase_order_lines where sku is not null and facility_id is not null
"""
ORDERS = """
select lines, count(*) as orders, sum(pieces)::bigint as pieces
from (
    select least(count(*), 20) as lines, sum(quantity) as pieces from marts.fct_order_lines
    where line_kind = 'product' and order_kind = 'sale' and not is_cancelled and ordered_date >= date '{since}' and quantity > 0
    group by channel, shop, order_id
) as o group by lines order by lines
"""
MARGINS = """
select
    channel, shop, sku, (coalesce(sum(margin_amount_base), sum(total_amount_base)) / sum(quantity))::double precision as margin,
    (sum(margin_amount_base) is null)::integer as without_cost
from marts.fct_order_lines
where line_kind = 'product' and order_kind = 'sale' and not is_cancelled and quantity > 0
    and ordered_date >= date '{since}' and ordered_date < date '{until}'
group by channel, shop, sku
"""
FACILITIES = "select facility_id, country, region, city from marts.dim_facilities"
TEXT, WHOLE, DAY = pl.String, pl.Int64, pl.Date


@dataclass(frozen=True, slots=True)
class Grounds:
    """`records` and `company` as the twin takes them. `skus` that sold at all and `share` of their pieces that the records have.
    `uncounted`: facilities whose stock nobody counts. `kept`: what items are ordered by, so many days before the records end."""

    records: Records
    company: Company
    skus: int
    share: float
    uncounted: Sequence[str]
    kept: Mapping[int, Sequence[Kept]] = field(default_factory=dict)

    def company_on(self, back: int) -> Company:
        """As a world starts with it that many days before the records end."""
        return replace(self.company, kept=self.kept.get(back, ()))


def grounds(db: Connection, policy: Planning, most: int) -> Grounds | None:
    """What the warehouse knows of its `most` best sellers; None where nothing was sold. Nothing is written."""
    until = first_day_unknown(db, policy)
    since = until - timedelta(days=HISTORY)
    span = {"since": since, "until": until}
    demand = frames.read(db, DEMAND.format(**span), DEMAND_COLUMNS).filter(pl.col("quantity") > 0)
    skus = best_sellers(demand, most)
    if not skus:
        return None
    kept = demand.filter(pl.col("sku").is_in(skus))
    stock = frames.read(db, FREE, {"facility_id": TEXT, "sku": TEXT, "free": WHOLE})
    facilities = sorted({*kept["facility_id"], *stock.filter(pl.col("sku").is_in(skus))["facility_id"]})
    ranked = sorted(terms(policy, kept.select("channel", "shop").unique().iter_rows()), key=lambda one: -one.value)
    selling = set(kept.select("channel", "shop").unique().iter_rows())
    ranked = [one for one in ranked if (one.channel, one.shop) in selling]
    records = _records(db, policy, until, kept, stock, facilities, skus, [(one.channel, one.shop) for one in ranked])
    places = frames.read(db, FACILITIES, dict.fromkeys(["facility_id", "country", "region", "city"], TEXT))
    orders = frames.read(db, ORDERS.format(**span), dict.fromkeys(["lines", "orders", "pieces"], WHOLE))
    return Grounds(
        records,
        Company(network(places, facilities, orders), ranked, policy),
        demand["sku"].n_unique(),
        float(kept["quantity"].sum()) / float(demand["quantity"].sum()),
        [name for name, counted in zip(facilities, records.counted, strict=True) if not counted],
    )


def _records(
    db: Connection,
    policy: Planning,
    until: date,
    demand: pl.DataFrame,
    stock: pl.DataFrame,
    facilities: list[str],
    skus: list[str],
    channels: list[tuple[str, str]],
) -> Records:
    first: date = demand["demand_date"].min()  # type: ignore[assignment]
    days = (until - first).days
    shelf: list[tuple[Sequence[str], Sequence[object]]] = [(["facility_id"], facilities), (["sku"], skus)]
    asked = by_day(demand, "demand_date", "quantity", [(["channel", "shop"], channels), *shelf], first, days)
    supply = frames.read(
        db,
        SUPPLY.format(until=until),
        {"facility_id": TEXT, "sku": TEXT, "ordered_on": DAY, "received_on": DAY, "expected_on": DAY, "received": WHOLE}
        | {"missing": WHOLE},
    )
    received = by_day(supply, "received_on", "received", shelf, first, days)
    coming = supply.with_columns(pl.min_horizontal("expected_on", pl.lit(until + timedelta(days=AHEAD - 1))))
    booked = frames.read(
        db,
        BOOKED.format(since=first, until=until),
        {"day": DAY, "facility_id": TEXT, "sku": TEXT, "pieces": WHOLE},
    )
    began = dict(frames.read(db, BEGAN, {"facility_id": TEXT, "began": DAY}).iter_rows())
    # the first day's count is no movement of goods, so the ledger's own days begin after it
    since = np.array([(began[name] - first).days + 1 if name in began else days for name in facilities], np.int64)
    free = on_shelves(stock, "free", facilities, skus)
    lead = supply_of(pl.DataFrame({"sku": skus}), purchases(db), policy)
    mean, sd = lead["lead_time_mean_days"].to_numpy(), lead["lead_time_sd_days"].to_numpy()
    shape = (len(facilities), len(skus))
    return Records(
        until=until,
        channels=channels,
        facilities=facilities,
        skus=skus,
        asked=asked,
        received=received,
        supply=supply,
        stock=free,
        stood=walked_back(free, asked.sum(axis=1), received, by_day(booked, "day", "pieces", shelf, first, days), since),
        coming=by_day(coming, "expected_on", "missing", shelf, until, AHEAD),
        lead_mean=np.broadcast_to(np.maximum(1.0, mean), shape),
        lead_sd=np.broadcast_to(sd, shape),
        counted=np.array([name in began for name in facilities]),
        told_from=since,
    )


def margins(db: Connection, records: Records) -> tuple[NDArray[np.float64], int]:
    """What a piece earns (C, S), in the base currency: its lines' margin; their revenue where no cost is known, and how many SKUs
    that is. A channel that never sold a SKU earns with it what the others do."""
    since = records.until - timedelta(days=len(records.asked))
    schema: frames.Columns = dict.fromkeys(["channel", "shop", "sku"], TEXT) | {"margin": pl.Float64, "without_cost": WHOLE}
    rows = frames.read(db, MARGINS.format(since=since, until=records.until), schema)
    earned = np.full((len(records.channels), len(records.skus)), np.nan)
    at = {sku: number for number, sku in enumerate(records.skus)}
    channels = {name: number for number, name in enumerate(records.channels)}
    blind = set()
    for channel, shop, sku, margin, without in rows.iter_rows():
        if sku in at and (channel, shop) in channels and margin is not None:
            earned[channels[channel, shop], at[sku]] = margin
            if without:
                blind.add(sku)
    known = np.isfinite(earned)
    usual = np.where(known, earned, 0.0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
    return np.where(known, earned, usual), len(blind)
