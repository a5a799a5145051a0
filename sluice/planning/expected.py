"""Demand that a plan expects: of the forecast where an item has one, else of its history."""

from dataclasses import dataclass

import polars as pl

from sluice.planning.demand import CHANNEL, ITEM


@dataclass(frozen=True, slots=True)
class Expected:
    """Pieces a day. `items`: facility_id, sku, demand_mean, demand_sd; `channels`: the same with channel and shop, whose means
    add up to the item's. Of a forecast, demand_sd is that of its errors."""

    items: pl.DataFrame
    channels: pl.DataFrame


def preferred(forecast: Expected | None, history: Expected) -> Expected:
    """The forecast's rates for the items that it has, history's for the others; only items that history or the caller's stock
    brings up are looked at by the plan. An item is never half of one and half of the other."""
    if forecast is None:
        return history
    both = [
        pl.concat([mine.select(columns), theirs.join(forecast.items, on=ITEM, how="anti").select(columns)]).sort(keys)
        for mine, theirs, columns, keys in (
            (forecast.items, history.items, [*ITEM, "demand_mean", "demand_sd"], ITEM),
            (forecast.channels, history.channels, [*ITEM, *CHANNEL, "demand_mean", "demand_sd"], ITEM + CHANNEL),
        )
    ]
    return Expected(*both)
