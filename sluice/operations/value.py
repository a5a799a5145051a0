"""What each person is worth today: read from the marts, worked out, and kept beside what they were worth before."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from psycopg import Connection
from psycopg.types.json import Json

from sluice.customers.value.lifetime import Horizon
from sluice.customers.value.value import PURCHASES, Models, value
from sluice.operations import frames
from sluice.planning_policy import Planning

LOCK = 7_291_012
"""Advisory lock: a day's people are valued by one at a time."""
READ = """
select customer_key, first_purchase_date, last_purchase_date, purchase_days, order_count, net_revenue_base as net_revenue
from marts.customer_facts
where purchase_days > 0
order by customer_key
"""
KEEP = """
insert into customers.valuations (as_of, people, repeat_buyers, horizon, models, refused)
values (%(as_of)s, %(people)s, %(repeat_buyers)s, %(horizon)s, %(models)s, %(refused)s)
"""


@dataclass(frozen=True, slots=True)
class Valued:
    as_of: date
    models: Models
    segments: dict[str, int]


def revalue(db: Connection, policy: Planning, horizon: Horizon | None = None) -> Valued:
    """Value everybody as of the plan's day and keep it; the same day again replaces that day's rows. One transaction."""
    horizon = horizon or Horizon()
    with db.transaction():
        db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        bought = frames.read(db, READ, PURCHASES)
        as_of = _as_of(bought, policy)
        people, models = value(bought, as_of, horizon)
        db.execute("delete from customers.valuations where as_of = %s", (as_of,))
        db.execute(KEEP, _told(models, horizon) | {"as_of": as_of})
        frames.write(db, "customers.value", people.select(pl.lit(as_of).alias("as_of"), pl.all()))
    counted = people.group_by("segment").len().sort("segment")
    return Valued(as_of, models, dict(counted.iter_rows()))


def _told(models: Models, horizon: Horizon) -> dict[str, Any]:
    told = {name: fitted and asdict(fitted) for name, fitted in (("buying", models.buying), ("spending", models.spending))}
    return {
        "people": models.people,
        "repeat_buyers": models.repeat_buyers,
        "horizon": Json(asdict(horizon)),
        "models": Json(told | {"spend_frequency_correlation": models.spend_frequency_correlation}),
        "refused": models.refused,
    }


def _as_of(bought: pl.DataFrame, policy: Planning) -> date:
    """The last day that is known: that of the last purchase where the plan looks from there, since examples end long ago."""
    if isinstance(policy.as_of, date):
        return policy.as_of
    newest = bought["last_purchase_date"].max()
    if policy.as_of == "last_order" and isinstance(newest, date):
        return newest
    return datetime.now(UTC).date()
