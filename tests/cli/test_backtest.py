"""`sluice plan backtest` on a file of demand, as it is typed: by policy, kind of target and class, accepted or not."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from sluice.cli.main import app

DAYS = 170
SHOP = """
company: Lantern & Loom
base_currency: EUR
channels:
  - {connector: shopify, shop: main, url: "https://a.test", secrets: {token: T}, currency: EUR, timezone: UTC, country: DE}
"""
POLICIES = """
planning:
  service: [{abc: A, kind: fill_rate, level: 0.9}]
  replenishment:
    suppliers: [{order_cost: 20, unit_cost: 4}]
    policies: [{policy: r_q, sku: "S00*"}, {policy: newsvendor, sku: S010, season: {ends: 2027-01-01}}]
"""


@pytest.fixture(scope="module")
def demand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("demand") / "demand.csv", np.ones(DAYS))


def written(file: Path, season: np.ndarray) -> Path:
    draw = np.random.default_rng(4)
    pieces = draw.poisson(draw.gamma(2, 2, (40, 1)) * season)
    item, day = np.nonzero(pieces)
    first = np.datetime64("2026-01-01")
    rows = pl.DataFrame({"date": first + day, "sku": [f"S{one:03}" for one in item], "qty": pieces[item, day]})
    rows.write_csv(file)
    return file


def played(file: Path, *words: str, config: str = SHOP) -> tuple[int, str]:
    given = file.with_name("sluice.yaml")
    given.write_text(config, encoding="utf-8")
    asked = ["plan", "backtest", "--data", str(file), "--config", str(given), "--lead-time", "5", *words]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
    return done.exit_code, done.output + str(done.exception or "")


def test_each_policy_and_kind_of_target_is_judged_by_itself(demand: Path) -> None:
    code, out = played(demand, "--json", "--tolerance", "0.05", config=SHOP + POLICIES)
    made = pl.DataFrame(json.loads(out)["rows"])
    whole = made.filter(pl.col("demand_class") == "all", pl.col("method") == "chosen")
    groups = set(whole.select("policy", "target_kind").rows())
    assert groups == {(one, kind) for one in ("periodic", "r_q") for kind in ("fill_rate", "cycle_service_level")}
    assert whole["items"].sum() == 39, "the item bought for a season is not played"
    assert set(whole.filter(pl.col("target_kind") == "fill_rate")["target"].round(6)) == {0.9}
    assert set(made["method"]) == {"chosen", "normal formula", "30 days of cover", "45 days of cover"}
    reached = (whole["achieved"] >= whole["target"] - 0.05).all()
    assert code == (0 if reached else 1)


def test_what_is_not_kept_is_not_accepted_and_what_keeps_it_is_said(demand: Path, tmp_path: Path) -> None:
    """Demand that grows tenfold in the days that are played, as nothing before them tells; and demand that stays."""
    growing = written(tmp_path / "growing.csv", np.where(np.arange(DAYS) < DAYS // 2, 1, np.linspace(1, 10, DAYS)))
    code, out = played(growing, "--target", "0.98", "--policy", "base_stock")
    assert code == 1
    assert "not accepted. " in out
    assert "It was kept by" in out or "No method here kept it" in out
    code, out = played(demand, "--target", "0.55", "--kind", "fill_rate", "--policy", "s_s")
    assert (code, "s_s, fill rate" in out, ": accepted." in out) == (0, True, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--target", "1.2"), "between 0.5 and 1"),
        (("--days", "160"), "--days must lie between"),
        (("--policy", "x"), "base_stock"),
    ],
)
def test_what_cannot_be_played_is_said(demand: Path, words: tuple[str, ...], told: str) -> None:
    code, out = played(demand, *words)
    assert code != 0
    assert told in " ".join(out.split())
