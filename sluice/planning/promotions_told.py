"""What a forecast says of promotions: by item and kind what the past showed, what is believed, how many days are to come."""

import numpy as np
import polars as pl

from sluice.planning.demand_matrix import Matrix
from sluice.planning.forecasting.history import Own
from sluice.planning.forecasting.response import Response


def told(found: Matrix, own: Own, known: Response) -> pl.DataFrame:
    """Columns of planning.forecast_promotions without forecast_id, a row an item and kind that ran or is planned."""
    planned = found.planned.sum(axis=2).T
    item, kind = np.nonzero((own.seen.days > 0) | (planned > 0))
    named = [(one.name, ", ".join(one.channel), ", ".join(one.shop)) for one in found.kinds]
    names = pl.DataFrame(named, schema=dict.fromkeys(["kind", "channel", "shop"], pl.String), orient="row")
    return pl.concat([found.items[item], names[kind]], how="horizontal").with_columns(
        past_days=pl.Series(own.seen.days[item, kind], dtype=pl.Int64),
        sold=pl.Series(own.seen.sold[item, kind], dtype=pl.Float64),
        usual=pl.Series(own.seen.meant[item, kind], dtype=pl.Float64),
        share=pl.Series(found.history.promoted.share[item, kind], dtype=pl.Float64),
        uplift_of_all=pl.Series(known.usual[kind], dtype=pl.Float64),
        uplift=pl.Series(own.uplift[item, kind], dtype=pl.Float64),
        planned_days=pl.Series(planned[item, kind], dtype=pl.Int64),
    )
