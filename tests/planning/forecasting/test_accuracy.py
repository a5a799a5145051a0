"""The measures, by hand and against the literature."""

import gzip
import os
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from sluice.planning.forecasting import accuracy

M4 = os.environ.get("M4_WEEKLY", "")


def frame(rows: np.ndarray, name: str) -> pl.DataFrame:
    series, time = np.indices(rows.shape)
    return pl.DataFrame({"series": series.ravel(), "t": time.ravel(), name: rows.ravel()})


def test_the_m5_measure_is_that_of_another_engine() -> None:
    """Two stores, three categories, 12 SKUs each: store x SKU, category, store and total, recomputed in SQL."""
    draw = np.random.default_rng(8)
    history = draw.poisson(draw.gamma(1, 2, (24, 1)), (24, 90)).astype(float)
    history[3, :60] = 0
    history[7] = 0
    history[9] = 4  # neither ever varies: no scale
    actual = draw.poisson(3, (24, 28)).astype(float)
    made = actual + draw.normal(0, 1, actual.shape)
    worth = draw.gamma(1, 100, 24)
    sku = np.arange(24)
    levels = [sku, sku % 3, sku // 12, np.zeros(24, int)]
    member = pl.DataFrame(
        [(level, one, int(group)) for level, groups in enumerate(levels) for one, group in enumerate(groups)],
        schema=["level", "series", "grp"],
        orient="row",
    )
    past, came = frame(history, "y"), frame(actual, "y").join(frame(made, "f"), on=["series", "t"])
    weights = pl.DataFrame({"series": sku, "worth": worth})
    ours = accuracy.wrmsse(history, actual, made, worth, levels)
    with duckdb.connect() as db:
        for name, one in (("member", member), ("past", past), ("came", came), ("weights", weights)):
            db.register(name, one)
        row = db.execute(
            """
            with sums as (select level, grp, t, sum(y) as y from member join past using (series) group by all),
            live as (select *, min(t) filter (y <> 0) over (partition by level, grp) as first from sums),
            steps as (select *, y - lag(y) over (partition by level, grp order by t) as step from live where t >= first),
            scale as (select level, grp, avg(step * step) as scale from steps group by all),
            errors as (
                select level, grp, avg(e * e) as mse from (
                    select level, grp, t, sum(f - y) as e from member join came using (series) group by all) group by all),
            worth as (select level, grp, sum(worth) as w from member join weights using (series) group by all),
            scored as (
                select level, sqrt(mse / scale) as score, w
                from errors join scale using (level, grp) join worth using (level, grp) where scale > 0)
            select avg(one) from (select level, sum(score * w) / sum(w) as one from scored group by level)
            """
        ).fetchone()
    assert row
    assert ours == pytest.approx(row[0], rel=1e-12)
    assert accuracy.wrmsse(history, actual, actual, worth, levels) == 0


def test_a_series_without_a_scale_has_no_score_and_costs_no_other_its_own() -> None:
    history, actual = np.array([[0.0, 0, 0], [5, 5, 5], [1, 3, 1], [np.nan, np.nan, 2]]), np.ones((4, 2))
    made = np.full((4, 2), 3.0)
    for power, measure in ((1, accuracy.mase), (2, accuracy.rmsse)):
        score = measure(actual, made, accuracy.naive_scale(history, power))
        assert np.isfinite(score).tolist() == [False, False, True, False]
        assert accuracy.weighted(score, np.ones(4)) == score[2] == 1
    assert np.isnan(accuracy.weighted(np.full(3, np.nan), np.ones(3)))
    assert np.isnan(accuracy.weighted(np.ones(2), np.zeros(2)))
    assert np.isnan(accuracy.wrmsse(np.zeros((2, 5)), actual[:2], made[:2], np.ones(2), [[0, 1], [0, 0]]))
    assert accuracy.pinball(np.zeros((1, 3)), np.zeros((1, 3)), 0.9).tolist() == [0]
    nothing = np.zeros((2, 3))
    assert np.isnan([accuracy.wape(nothing, nothing + 1), accuracy.bias(nothing, nothing + 1)]).all()


def test_by_hand() -> None:
    history = [[np.nan, 1.0, 3.0, 2.0, 4.0]]
    assert accuracy.naive_scale(history, 1)[0] == pytest.approx(5 / 3)
    assert accuracy.naive_scale(history, 2)[0] == 3
    assert accuracy.naive_scale(history, 1, season=2)[0] == 1
    actual, forecast = [[2.0, 6.0]], [[4.0, 5.0]]
    assert accuracy.rmsse(actual, forecast, [3.0])[0] == pytest.approx((2.5 / 3) ** 0.5)
    assert accuracy.mase(actual, forecast, [1.5])[0] == 1
    assert accuracy.smape(actual, forecast)[0] == pytest.approx(100 * (2 * 2 / 6 + 2 * 1 / 11) / 2)
    assert accuracy.pinball(actual, forecast, 0.9)[0] == pytest.approx((0.1 * 2 + 0.9 * 1) / 2)
    assert accuracy.wape(actual, forecast) == 3 / 8
    assert accuracy.bias(actual, forecast) == 1 / 8
    assert accuracy.weighted([1.0, np.nan, 3.0], [1, 100, 3]) == 2.5


def test_what_has_no_scale_has_no_score() -> None:
    assert np.isnan(accuracy.rmsse([[1.0]], [[2.0]], accuracy.naive_scale([[5.0, 5.0]], 2)))
    assert np.isnan(accuracy.naive_scale([[5.0]], 1))
    assert np.isnan(accuracy.weighted([np.nan], [1]))
    assert np.isnan(accuracy.smape([[0.0]], [[0.0]]))


def test_the_best_quantile_has_the_least_pinball_loss() -> None:
    drawn = np.random.default_rng(1).gamma(2, 5, 20_000)
    losses = {share: accuracy.pinball(drawn, np.quantile(drawn, share), 0.95) for share in (0.9, 0.95, 0.98)}
    assert min(losses, key=lambda share: losses[share]) == 0.95


@pytest.mark.skipif(not M4, reason="M4_WEEKLY names no folder with the weekly series of the M4 competition")
def test_the_naive_forecast_of_the_m4_competition() -> None:
    """Published: MASE 2.777, sMAPE 9.161 (S. Makridakis et al., "The M4 Competition", IJF 36, 2020; Weekly)."""

    def rows(name: str) -> list[np.ndarray]:
        lines = gzip.decompress((Path(M4) / f"m4_weekly_{name}.csv.gz").read_bytes()).decode().splitlines()[1:]
        return [np.array([float(cell.strip('"')) for cell in line.split(",")[1:] if cell.strip('"')]) for line in lines]

    train, test = rows("train"), np.array(rows("test"))
    naive = np.repeat([[series[-1]] for series in train], test.shape[1], axis=1)
    scale = np.array([accuracy.naive_scale([series], 1)[0] for series in train])
    assert round(float(accuracy.mase(test, naive, scale).mean()), 3) == 2.777
    assert round(float(accuracy.smape(test, naive).mean()), 3) == 9.161
