"""The forecast on real demand: how good beside naive and textbook models, how fast beside statsforecast's AutoETS.

Run: python -m benchmarks.forecast                      1,000 best sellers of UCI Online Retail II, three origins of 28 days
     python -m benchmarks.forecast --carparts FILE      spare parts too (carparts.csv.gz, a column a part, months down)
     python -m benchmarks.forecast --scale ITEMS        seconds and memory of that many items of two years, in batches
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from sluice.planning.forecasting import accuracy, conformal
from sluice.planning.forecasting.history import History
from sluice.planning.forecasting.models import CANDIDATES, MODELS, forecasts
from sluice.planning.forecasting.project import learn, project
from sluice.planning.forecasting.response import none as no_promotion
from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.planning.forecasting.week import profile, spread, weeks

FILE = Path(__file__).parents[1] / "tests" / "fixtures" / "demand" / "online_retail.parquet"
OURS = "the class's default"
AHEAD, ORIGINS, SLOW = 28, 3, 40
"""Days; origins; series for the peer that takes half a second each."""


def online_retail() -> tuple[Floats, Floats, date]:
    sales = pl.read_parquet(FILE)
    first = sales["date"].min()
    assert isinstance(first, date)
    row = sales["sku"].rank("dense").to_numpy() - 1
    day = (sales["date"] - first).dt.total_days().to_numpy()
    pieces, revenue = np.zeros((2, int(row.max()) + 1, int(day.max()) + 1))
    pieces[row, day], revenue[row, day] = sales["quantity"].to_numpy(), sales["revenue"].to_numpy()
    return pieces, revenue, first


def history(pieces: Floats) -> History:
    none = np.zeros(pieces.shape, bool)
    first = np.where((pieces > 0).any(axis=1), np.argmax(pieces > 0, axis=1), pieces.shape[1])
    closed = np.broadcast_to(pieces.sum(axis=0) == 0, pieces.shape)
    return History(pieces, first, closed, none, no_promotion(len(pieces)), np.zeros((0, pieces.shape[1]), bool))


def whole(pieces: Floats, revenue: Floats, newest: date) -> Floats:
    """Our forecast as the asset makes it, its models chosen on the past alone."""
    one, group = history(pieces), np.zeros(len(pieces), int)
    known = learn(one, revenue.sum(axis=1), group, newest, 3)
    return project(one, known, group, newest, AHEAD // 7, np.zeros((0, AHEAD), bool), 3).daily


def weekly(name: str) -> Callable[[Floats, Floats, date], Floats]:
    def forecast(pieces: Floats, revenue: Floats, newest: date) -> Floats:
        days = np.where(history(pieces).closed, np.nan, pieces)
        days[np.cumsum(pieces > 0, axis=1) == 0] = np.nan
        shape = profile(days)[1]
        series, start = weeks(days, shape)
        return spread(forecasts([name], series, start, AHEAD // 7)[name], shape, AHEAD)

    return forecast


def daily(name: str) -> Callable[[Floats, Floats, date], Floats]:
    def forecast(pieces: Floats, revenue: Floats, newest: date) -> Floats:
        start = np.minimum(np.argmax(pieces > 0, axis=1), pieces.shape[1] - 1)
        return MODELS[name](pieces, start, AHEAD)

    return forecast


def compare() -> None:
    pieces, revenue, first = online_retail()
    peers: dict[str, Callable[[Floats, Floats, date], Floats]] = {
        "seasonal naive (7 days)": lambda past, _, newest: np.tile(past[:, -7:], (1, AHEAD // 7)),
        **{f"{name}, daily": daily(name) for name in ("SES", "Croston", "SBA", "TSB", "ADIDA", "IMAPA")},
        **{f"{name}, weekly x profile": weekly(name) for name in ("SES", "IMAPA", "Theta")},
        "Sluice": whole,
    }
    print(f"UCI Online Retail II, {len(pieces):,} articles, {ORIGINS} origins of {AHEAD} days")
    print(f"{'':28}{'RMSSE':>8}{'by revenue':>12}{'WAPE':>8}{'bias':>8}{'cpu s':>8}")
    errors, summed = {}, {}
    for name, model in peers.items():
        rows, levels = [], []
        began = time.process_time()
        for origin in range(pieces.shape[1] - ORIGINS * AHEAD, pieces.shape[1], AHEAD):
            past, actual = pieces[:, :origin], pieces[:, origin : origin + AHEAD]
            made = model(past, revenue[:, :origin], first + timedelta(days=origin - 1))
            live = np.where(np.cumsum(past > 0, axis=1) > 0, past, np.nan)
            score = accuracy.rmsse(actual, made, accuracy.naive_scale(live, 2))
            by_revenue = accuracy.weighted(score, revenue[:, :origin].sum(axis=1))
            added = [np.arange(len(past)), dearness(past, revenue[:, :origin]), np.zeros(len(past), int)]
            levels.append(accuracy.wrmsse(past, actual, made, revenue[:, :origin].sum(axis=1), added))
            sums = accuracy.wape(actual.sum(axis=1, keepdims=True), made.sum(axis=1, keepdims=True))
            rows.append([float(np.nanmean(score)), by_revenue, sums, accuracy.bias(actual, made)])
        seconds = time.process_time() - began
        errors[name], summed[name] = np.mean(rows, axis=0), float(np.mean(levels))
        print(
            f"{name:28}" + "".join(f"{number:{width}.3f}" for number, width in zip(errors[name], (8, 12, 8, 8), strict=True)),
            end="",
        )
        print(f"{seconds:8.2f}")
    told = ", ".join(f"{name} {summed[name]:.3f}" for name in ("seasonal naive (7 days)", "SES, daily", "TSB, daily", "Sluice"))
    print(f"\nWRMSSE over articles, tenths by price, and their total: {told}")
    ratio = errors["Sluice"][1] / errors["seasonal naive (7 days)"][1]
    print(
        f"\nby revenue {1 - ratio:.0%} below the seasonal naive (aim: 20 %), bias {errors['Sluice'][3]:+.1%} (aim: within 10 %)\n"
    )


def dearness(pieces: Floats, revenue: Floats) -> Integers:
    """The tenth of all prices that each article's is in."""
    price = revenue.sum(axis=1) / np.maximum(pieces.sum(axis=1), 1)
    return np.asarray(np.argsort(np.argsort(price, kind="stable")) * 10 // len(price))


def quantiles() -> None:
    pieces, _, _ = online_retail()
    since = np.where(np.cumsum(pieces > 0, axis=1) > 0, pieces, np.nan)
    levels = np.array([0.9, 0.95, 0.98])
    for window in (7, 14):
        rows = []
        for origin in range(168, pieces.shape[1] - window + 1, 7):
            past = since[:, :origin]
            old = np.isfinite(past).sum(axis=1) >= 56
            mean = conformal.trailing(past[old])[0][:, -1] * window
            reached = np.ceil(conformal.window_quantiles(past[old], mean, window, levels))
            rows.append((pieces[old, origin : origin + window].sum(axis=1)[:, None] <= reached).mean(axis=0))
        told = ", ".join(f"{level:.0%}: {share:.1%}" for level, share in zip(levels, np.mean(rows, axis=0), strict=True))
        print(f"demand over {window} days at or below its quantile, {len(rows)} weekly origins: {told} (aim: within a point)")
    print()


def carparts(file: Path) -> None:
    table = pl.read_csv(file, null_values=["NA", ""]).drop("month", strict=False)
    series = table.with_columns(pl.all().cast(pl.Float64)).to_numpy().T
    series = series[np.isfinite(series).all(axis=1)]
    past, actual = series[:, :-11], series[:, -11:]
    start = np.minimum(np.argmax(past > 0, axis=1), past.shape[1] - 1)
    scale = accuracy.naive_scale(past, 2)
    print(f"spare parts: {len(series):,} parts, {past.shape[1]} months to learn, 11 to forecast; mean RMSSE")
    found = {
        name: rmsse(MODELS[name](past, start, 11), actual, scale) for name in ("SES", "Croston", "SBA", "TSB", "ADIDA", "IMAPA")
    }
    default = CANDIDATES["intermittent"][0]
    found[OURS] = rmsse(forecasts([default], past, start, 11)[default], actual, scale)
    found["nothing at all"] = rmsse(np.zeros_like(actual), actual, scale)
    print("  " + ", ".join(f"{name} {error:.3f}" for name, error in found.items()))
    best = min(found[name] for name in ("SES", "SBA", "TSB", "ADIDA", "IMAPA"))
    print(f"  ours is {found[OURS] / best:.3f} times the best of SES, SBA, TSB, ADIDA, IMAPA (aim: 1)\n")


def rmsse(forecast: Floats, actual: Floats, scale: Floats) -> float:
    return float(np.nanmean(accuracy.rmsse(actual, forecast, scale)))


def speed() -> None:
    """Series a second of CPU time, ours against AutoETS on the same weekly and on the same daily series."""
    import statsforecast.models as peer

    pieces, revenue, first = online_retail()
    two_years = np.hstack([pieces, pieces])[:, -730:]
    newest = first + timedelta(days=729)
    rates = {"Sluice, all of it": len(pieces) / seconds(lambda: whole(two_years, np.ones_like(two_years), newest))}
    series, start = weeks(two_years, profile(two_years)[1])
    rates["  its SES + IMAPA x weekday profile"] = len(pieces) / seconds(
        lambda: weekly("SES + IMAPA")(two_years, revenue, newest)
    )
    few = np.linspace(0, len(pieces) - 1, SLOW).astype(int)
    rates["AutoETS, weekly"] = SLOW / seconds(lambda: each(peer.AutoETS(season_length=1), series[few], start[few]))
    rates["AutoETS, daily, season of 7"] = SLOW / seconds(lambda: each(peer.AutoETS(season_length=7), two_years[few], start[few]))
    for name, rate in rates.items():
        print(f"{name:38}{rate:10,.1f} series of two years a second of CPU time")
    ours = rates["Sluice, all of it"]
    by_week, by_day = ours / rates["AutoETS, weekly"], ours / rates["AutoETS, daily, season of 7"]
    print(f"{by_week:.0f} times AutoETS on weeks, {by_day:.0f} times on days\n")


def each(model: object, series: Floats, start: Integers) -> None:
    for row in series:
        model.forecast(row, h=4)  # type: ignore[attr-defined]


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def scale(items: int) -> None:
    """Batches as the asset takes them, from the real series drawn again and again; the warehouse is left out."""
    pieces, _, first = online_retail()
    two_years = np.hstack([pieces, pieces])[:, -730:]
    newest, draw, batch = first + timedelta(days=729), np.random.default_rng(1), 4000
    group = np.zeros(batch, int)
    known = learn(history(two_years), two_years.sum(axis=1), group[: len(two_years)], newest, 3)
    began, wall, peak = time.process_time(), time.monotonic(), []
    for _ in range(0, items, batch):
        one = history(two_years[draw.integers(0, len(two_years), batch)])
        project(one, known, group, newest, 8, np.zeros((0, 56), bool), 3)
        peak.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    cpu, clock = time.process_time() - began, time.monotonic() - wall
    print(
        f"{items:,} items of two years: {cpu:.0f} s of CPU time, {clock:.0f} s by the clock (aim: 300 s on two cores); "
        f"memory {peak[0]:,.0f} MB after the first batch, {peak[-1]:,.0f} MB after the last"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--carparts", type=Path)
    parser.add_argument("--scale", type=int, metavar="ITEMS")
    given = parser.parse_args()
    if given.scale:
        scale(given.scale)
        return
    compare()
    quantiles()
    if given.carparts:
        carparts(given.carparts)
    speed()


if __name__ == "__main__":
    main()
