"""What everybody is worth on a day: their RFM and segment, whether they still buy, and their lifetime value with its interval."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from sluice.customers.value import bgnbd, gamma_gamma
from sluice.customers.value.bgnbd import BgNbd, Histories
from sluice.customers.value.distinct import Floats
from sluice.customers.value.gamma_gamma import GammaGamma
from sluice.customers.value.lifetime import Horizon, lifetime
from sluice.customers.value.rfm import rfm

FEWEST_REPEAT_BUYERS = 20
"""Of fewer, four parameters say nothing: then everybody's RFM is told, and no chance or amount is made up."""
PURCHASES: dict[str, type[pl.DataType] | pl.DataType] = {
    "customer_key": pl.String,
    "first_purchase_date": pl.Date,
    "last_purchase_date": pl.Date,
    "purchase_days": pl.Int64,
    "order_count": pl.Int64,
    "net_revenue": pl.Decimal(scale=4),
}
"""A person's purchases; several orders on a day are one purchase, as in the published fits of CDNOW."""
MONEY = pl.Decimal(18, 2)


@dataclass(frozen=True, slots=True)
class Models:
    """What was fitted; `refused` says why something was not."""

    people: int
    repeat_buyers: int
    buying: BgNbd | None = None
    spending: GammaGamma | None = None
    spend_frequency_correlation: float | None = None
    refused: str | None = None


def value(purchases: pl.DataFrame, as_of: date, horizon: Horizon | None = None) -> tuple[pl.DataFrame, Models]:
    """One row a person of `purchases` (columns of PURCHASES), as known at the end of the day `as_of`, and the models behind.

    Returns customer_key, recency_days, frequency, net_revenue, the columns of rfm, churn_probability, expected_purchases,
    expected_spend, clv, clv_low, clv_high: the horizon's purchases, money in the currency of net_revenue. Of a model that
    could not be fitted, null.
    """
    known = purchases.filter(pl.col("purchase_days") > 0)
    people = known.select(
        "customer_key",
        recency_days=(pl.lit(as_of) - pl.col("last_purchase_date")).dt.total_days().clip(0),
        frequency=pl.col("order_count"),
        net_revenue=pl.col("net_revenue"),
    )
    of, average = _histories(known, as_of)
    models = _fit(of, average)
    return rfm(people).hstack(_predictions(models, of, average, horizon or Horizon())), models


def _histories(known: pl.DataFrame, as_of: date) -> tuple[Histories, Floats]:
    first, last = pl.col("first_purchase_date"), pl.col("last_purchase_date")
    weeks = known.select(
        x=pl.col("purchase_days").cast(pl.Float64) - 1,
        tx=(last - first).dt.total_days() / 7,
        # an order from a shop whose day began earlier, or dated ahead, does not make time run backwards
        T=(pl.max_horizontal(pl.lit(as_of), last) - first).dt.total_days() / 7,
        average=pl.col("net_revenue").cast(pl.Float64) / pl.col("purchase_days"),
    )
    x, tx, T, average = (weeks[name].to_numpy() for name in ("x", "tx", "T", "average"))
    return Histories(x, tx, T), average


def _fit(of: Histories, average: Floats) -> Models:
    people, repeated = len(of.x), of.x > 0
    found = Models(people, int(repeated.sum()))
    if found.repeat_buyers < FEWEST_REPEAT_BUYERS:
        refused = f"{found.repeat_buyers} people bought twice; {FEWEST_REPEAT_BUYERS} are needed"
        return Models(people, found.repeat_buyers, refused=refused)
    buying = bgnbd.fit(of)
    if not (average > 0).any():
        return Models(people, found.repeat_buyers, buying, refused="nobody spent anything")
    spending = gamma_gamma.fit(of.x + 1, average)
    return Models(people, found.repeat_buyers, buying, spending, _correlation(of.x[repeated], average[repeated]))


def _correlation(frequency: Floats, spend: Floats) -> float | None:
    """Of how often with how much, of those who came again: gamma-gamma takes it as none."""
    if frequency.std() == 0 or spend.std() == 0:
        return None
    return float(np.corrcoef(frequency, spend)[0, 1])


def _predictions(models: Models, of: Histories, average: Floats, horizon: Horizon) -> pl.DataFrame:
    nothing = np.full(models.people, np.nan)
    churn = purchases = spend = amount = low = high = nothing
    if models.buying:
        churn = 1 - models.buying.probability_alive(of)
        purchases = models.buying.expected_purchases(of, horizon.weeks)
    if models.buying and models.spending:
        of_life = lifetime(models.buying, models.spending, of, average, horizon)
        spend, amount, low, high = of_life.spend, of_life.value, of_life.low, of_life.high
    predicted = pl.DataFrame({"churn_probability": churn.round(6), "expected_purchases": purchases.round(6)})
    money = pl.DataFrame({"expected_spend": spend, "clv": amount, "clv_low": low, "clv_high": high})
    return predicted.fill_nan(None).hstack(money.fill_nan(None).select(pl.all().round(2).cast(MONEY)))
