"""Replenish from the warehouse as it is: read positions and demand, let planning decide, append what it decided."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.operations import frames
from sluice.operations.absorb import absorb
from sluice.operations.as_of import first_day_unknown
from sluice.operations.forecast import believed
from sluice.operations.kept_levels import levels
from sluice.operations.planned_orders import planned_orders
from sluice.planning.demand import ITEM
from sluice.planning.inventory.policies import NEWSVENDOR, R_Q
from sluice.planning.replenishment.messages import messages
from sluice.planning.replenishment.suggest import UNIT, Suggested, Terms, suggest
from sluice.planning.replenishment.terms import with_terms
from sluice.planning_policy import Planning, policy_as_json

POSITIONS = """
with bought as (
    select distinct on (sku) sku, channel, shop, supplier_id, supplier
    from unified.purchase_order_lines where status <> 'cancelled' and sku is not null
    order by sku, ordered_at desc nulls last, channel, shop, po_id
),
coming as (
    select facility_id, sku, sum(quantity - received_quantity) as pieces
    from ops.incoming where status = 'open' and quantity > received_quantity group by facility_id, sku
)
select
    p.facility_id, p.sku, p.on_hand, p.committed + p.held + p.presale_reserve as promised, p.presale_promised as waiting,
    coalesce(c.pieces, 0) as incoming, b.channel, b.shop, b.supplier_id, b.supplier,
    round(d.cost_base * 10000)::bigint as unit_cost, d.base_currency as currency
from ops.stock_positions as p
inner join ops.stock_feeds as f on f.facility_id = p.facility_id
cross join ops.stock_policy as o
left join bought as b on b.sku = p.sku
left join coming as c on c.facility_id = p.facility_id and c.sku = p.sku
left join marts.dim_products as d on d.sku = p.sku
where f.counted_at >= now() - o.stale_after
order by p.facility_id, p.sku
"""
POSITION_COLUMNS: frames.Columns = (
    dict.fromkeys(("facility_id", "sku"), pl.String)
    | dict.fromkeys(("on_hand", "promised", "waiting", "incoming"), pl.Int64)
    | dict.fromkeys(("channel", "shop", "supplier_id", "supplier"), pl.String)
    | {"unit_cost": pl.Int64, "currency": pl.String}
)
LINES = """
select
    i.facility_id, i.sku, i.channel, i.shop, i.po_id, i.line_id, i.quantity - i.received_quantity as pieces,
    l.supplier_id, l.supplier, i.expected_at::date as expected_on
from ops.incoming as i
left join unified.purchase_order_lines as l using (channel, shop, po_id, line_id)
where i.status = 'open' and i.quantity > i.received_quantity
"""
LINE_COLUMNS: frames.Columns = (
    dict.fromkeys(("facility_id", "sku", "channel", "shop", "po_id", "line_id"), pl.String)
    | {"pieces": pl.Int64}
    | dict.fromkeys(("supplier_id", "supplier"), pl.String)
    | {"expected_on": pl.Date}
)
SUGGESTION = (
    "kind", "state", "channel", "shop", "supplier_id", "supplier", "facility_id", "from_facility_id", "sku", "quantity", "wanted",
    "pegged", "unit_cost", "currency", "po_id", "line_id", "expected_on", "needed_on", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Replenishment:
    """A finished run: items with levels, and suggestions by kind."""

    replenishment_id: int
    as_of: date
    items: int
    kinds: dict[str, int]


def replenish(db: Connection, policy: Planning) -> Replenishment:
    """Set levels and suggest, once, in one transaction. Items of facilities that nobody counted lately are left out."""
    absorb(db)
    db.commit()
    with db.transaction():
        db.execute("set transaction isolation level repeatable read")
        as_of = first_day_unknown(db, policy)
        stock = frames.read(db, POSITIONS, POSITION_COLUMNS)
        forecast = believed(db, policy, as_of)
        held = levels(db, stock, policy, as_of, forecast)
        terms = policy.replenishment
        items = with_terms(stock, terms.suppliers).join(held, on=ITEM)
        made = suggest(
            items.rename({"lead_time_mean_days": "lead_time"}),
            Terms(None if terms.budget is None else int(terms.budget * UNIT), int(terms.transfer_cost * UNIT)),
        )
        lines = frames.read(db, LINES, LINE_COLUMNS)
        rows = pl.concat([_buys(made, as_of), _moves(made, as_of), _messages(lines, items, as_of)], how="diagonal_relaxed")
        ahead = planned_orders(db, items, lines, made, policy, as_of, forecast[0] if forecast else None)
        row = db.execute(
            "insert into planning.replenishments (as_of, policy) values (%s, %s) returning replenishment_id",
            (as_of, Jsonb(policy_as_json(policy))),
        ).fetchone()
        assert row
        run = pl.lit(row[0]).alias("replenishment_id")
        frames.write(db, "planning.reorder_policies", _kept(held).select(run, pl.all()))
        numbered = rows.select(run, pl.int_range(1, pl.len() + 1).alias("suggestion_no"), *SUGGESTION)
        frames.write(db, "planning.replenishment_suggestions", numbered)
        frames.write(db, "planning.planned_orders", ahead.select(run, pl.all()))
    kinds = dict(rows.group_by("kind").len().sort("kind").iter_rows())
    return Replenishment(row[0], as_of, held.height, kinds)


def _buys(made: Suggested, as_of: date) -> pl.DataFrame:
    lead = pl.col("lead_time").round().cast(pl.Int64)
    return made.buys.with_columns(
        kind=pl.lit("buy"),
        unit_cost=_money("unit_cost"),
        wanted=pl.max_horizontal("wanted", "quantity"),
        needed_on=pl.lit(as_of) + pl.duration(days=lead),
        from_facility_id=pl.lit(None, pl.String),
        reason=pl.when(pl.col("reason") == "").then(_why()).otherwise("reason"),
    )


def _why() -> pl.Expr:
    """Why an item is bought, by its policy."""
    lots = pl.format("at or below {}: in lots of {}", "reorder_point", "order_quantity")
    season = pl.format("the rest of the season takes {}", "up_to")
    filled = pl.format("at or below {}: filled up to {}", "reorder_point", "up_to")
    by = pl.col("policy")
    return pl.when(by == R_Q).then(lots).when(by == NEWSVENDOR).then(season).otherwise(filled)


def _moves(made: Suggested, as_of: date) -> pl.DataFrame:
    return made.moves.with_columns(
        kind=pl.lit("transfer"),
        state=pl.lit("suggested"),
        wanted=pl.col("quantity"),
        pegged=pl.lit(0, pl.Int64),
        needed_on=pl.lit(as_of),
        reason=pl.lit("more there than it is filled up to"),
    )


def _messages(lines: pl.DataFrame, items: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Of open purchases that should come sooner, later or not."""
    known = lines.with_columns(
        line=pl.concat_str("channel", "shop", "po_id", "line_id", separator="/"),
        expected_in_days=(pl.col("expected_on") - pl.lit(as_of)).dt.total_days().cast(pl.Float64),
    )
    free = pl.col("on_hand") - pl.col("promised") - pl.col("waiting")
    told = messages(known, items.select(*ITEM, free.alias("free"), "demand_mean", "reorder_point", "up_to"))
    days = pl.col("needed_in_days").clip(0, 3650).floor().fill_nan(3650).cast(pl.Int64)
    return told.with_columns(
        state=pl.lit("suggested"),
        quantity=pl.col("pieces"),
        wanted=pl.col("pieces"),
        pegged=pl.lit(0, pl.Int64),
        needed_on=pl.when(pl.col("kind") != "cancel").then(pl.lit(as_of) + pl.duration(days=days)),
        reason=pl.col("kind").replace_strict(_WHY),
    )


_WHY = {
    "expedite": "stock ahead of it is gone before it comes",
    "push_out": "stock ahead of it lasts longer",
    "cancel": "not needed within 90 days after it would come",
}


def _money(name: str) -> pl.Expr:
    """Ten-thousandths as a decimal."""
    return (pl.col(name).cast(pl.Decimal(20, 4)) / pl.lit(UNIT, pl.Decimal(20, 4))).cast(pl.Decimal(20, 4))


def _kept(levels: pl.DataFrame) -> pl.DataFrame:
    """Columns of planning.reorder_policies."""
    expected = pl.col("demand_mean") * (pl.col("lead_time_mean_days") + pl.col("review_period_days"))
    return levels.with_columns(expected=expected).rename({"service_level": "target_level"}).drop(_NOT_KEPT)


_NOT_KEPT = ("demand_sd", "lead_time_source", "error_shift", "error_spread")


def newest(db: Connection) -> int | None:
    row = db.execute("select max(replenishment_id) from planning.replenishments").fetchone()
    return row[0] if row else None
