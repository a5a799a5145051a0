"""`sluice simulate` on a warehouse of four months: it reads what is there, says what it did, and writes nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.operations.compare_scenarios import Asked, prepared, simulation
from sluice.operations.simulation import grounds
from sluice.operations.twin_levels import kept_on
from sluice.planning.twin.scenario import Scenario
from sluice.planning_policy import Planning
from sluice.project import ROOT
from tests.cli.command import User, user
from tests.conftest import copy_of

POLICY = Planning.model_validate(
    {"as_of": "last_order", "lead_time_days": 9, "quotas": [{"channel": "taobao", "shop": "flagship", "priority": 2}]}
)
DEMAND = """
insert into marts.demand_daily
    (demand_date, channel, shop, facility_id, sku, quantity, returned_quantity, revenue_base, loaded_at)
select date '2026-01-01' + n, s.channel, s.shop, f, 'S' || k, 1 + (n * 7 + k * 3 + length(s.channel)) % 5, 0, 10, now()
from generate_series(0, 119) as n, generate_series(1, 4) as k, unnest(array['SH', 'WH']) as f,
    (values ('shopify', 'main'), ('taobao', 'flagship')) as s (channel, shop)
where (n + k) % 3 > 0
"""


@pytest.fixture(scope="module")
def someone(
    postgres: warehouse.Embedded, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[User, psycopg.Connection]]:
    """A company with 120 days of orders. One facility is counted, today; the other never was."""
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as db:
        counted = datetime.now(UTC) - timedelta(minutes=5)
        db.execute("insert into ops.stock_feeds values ('SH', %s)", (counted,))
        for number in range(1, 5):
            received = (f"SH-{number}", f"S{number}", 5 * number, counted + timedelta(minutes=1))
            db.execute("select ops.adjust_stock(%s, 'receipt', 'SH', %s, %s, %s)", received)
        db.execute(DEMAND)
        db.commit()
        yield user(tmp_path_factory.mktemp("simulating"), 100, address), db


def test_what_the_twin_starts_from(someone: tuple[User, psycopg.Connection]) -> None:
    _, db = someone
    with db.transaction():
        known = grounds(db, POLICY, 3)
    assert known is not None
    records = known.records
    assert str(records.until) == "2026-05-01"
    assert records.channels == [("shopify", "main"), ("taobao", "flagship")]  # the one worth more first
    assert (records.facilities, len(records.skus), known.skus) == (["SH", "WH"], 3, 4)
    assert (records.counted.tolist(), known.uncounted) == ([True, False], ["WH"])
    assert records.stock[0].tolist() == [5 * int(sku[1]) for sku in records.skus]
    asked = db.execute("select sum(quantity) from marts.demand_daily where sku = any(%s)", (records.skus,)).fetchone()
    assert asked == (records.asked.sum(),)
    # the ledger begins after the orders end: stock is walked back by orders alone
    assert (records.stood[-2, 0] == records.stock[0] + records.asked[-1, :, 0].sum(axis=0)).all()
    assert (records.lead_mean == 9).all()


def test_a_company_without_sales_has_nothing_to_simulate(postgres: warehouse.Embedded, built_template: str) -> None:
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as db:
        assert grounds(db, POLICY, 10) is None


@pytest.mark.parametrize("drawn", [True, False])
def test_one_scenario_is_held_against_the_policy_in_force(someone: tuple[User, psycopg.Connection], drawn: bool) -> None:
    _, db = someone
    with db.transaction():
        asked = Asked([Scenario(name="all of it", allocation="pool")], drawn, days=20, seeds=3, skus=10)
        known = prepared(db, POLICY, asked)
    assert known is not None
    made = simulation(known, asked)
    assert [one.name for one in made.outcomes] == ["in force", "all of it"]
    assert made.outcomes[1].change["fill_rate"] > 0  # holding the safety stock back costs sales
    assert made.error == [], "the ledger is younger than the orders: its stock, walked back, would agree with itself"
    again = simulation(known, asked)
    assert again.outcomes == made.outcomes


def test_levels_of_replayed_days_know_nothing_of_them(someone: tuple[User, psycopg.Connection]) -> None:
    _, db = someone
    more = POLICY.model_copy(update={"service_level": 0.99})
    with db.transaction(force_rollback=True):
        db.execute(DEMAND.replace("generate_series(1, 4)", "generate_series(5, 40)"))  # enough to tell how far forecasts miss
        known = grounds(db, POLICY, 50)
        assert known is not None
        then, now = (kept_on(db, known.records, [POLICY, more, POLICY], back) for back in (20, 0))
        assert [one.policy for one in then] == [POLICY, more], "each policy once"
        assert set(then[1].items["service_level"]) == {0.99}
        rush = "update marts.demand_daily set quantity = quantity * (1 + mod(hashtext(sku || demand_date), 9) ^ 2)::integer"
        db.execute(rush + " where demand_date >= date '2026-05-01' - 20")
        assert kept_on(db, known.records, [POLICY], 20)[0].items.equals(then[0].items)
        assert not kept_on(db, known.records, [POLICY], 0)[0].items.equals(now[0].items)


def test_the_command(someone: tuple[User, psycopg.Connection], tmp_path: Path) -> None:
    who, db = someone
    db.commit()
    count = "select count(*), max(run_id) from planning.runs"
    before = db.execute(count).fetchall()
    db.commit()
    page = tmp_path / "page.html"
    file = ROOT / "examples" / "scenarios" / "3-cross-facility.yaml"
    done = who.sluice(
        "simulate", "--scenario", str(file), "--replay", "--seeds", "2", "--days", "15", "--html", str(page), "--json"
    )
    assert done.code == 0, done.err
    made = json.loads(done.out)
    assert [one["name"] for one in made["scenarios"]] == ["in force", "+ cross-facility"]
    assert made["days"] == 15
    assert "WH" in made["notes"][1]
    assert "can't be held against what happened" in made["notes"][2]
    assert made["error"] == []
    written = page.read_text(encoding="utf-8")
    assert "data:image/png;base64," in written
    assert "can&#x27;t be held against what happened" in written
    assert "Twin error" not in written
    assert "http" not in written.replace("http-equiv", "")
    assert db.execute(count).fetchall() == before


def test_quotas_are_held_against_a_fixed_percent_on_the_last_weeks(someone: tuple[User, psycopg.Connection]) -> None:
    who, _ = someone
    done = who.sluice("quotas", "backtest", "--weeks", "6", "--stock", "0.7", "--json")
    assert done.code == 0, done.err
    made = json.loads(done.out)
    assert "taobao/flagship 0.50" in made["notes"][0]
    everything = made["classes"][-1]
    assert (everything["kind"], everything["skus"]) == ("all", 4)
    assert everything["keep"] == "percent"  # four SKUs decide nothing
    assert everything["lost"]["percent"] >= everything["lost"]["pool"] > 0
    short = who.sluice("quotas", "backtest", "--weeks", "20")
    assert short.code == 2
    assert "20 weeks can't be held out of 120 days" in short.err


def test_what_can_not_be_done_is_told(someone: tuple[User, psycopg.Connection], tmp_path: Path) -> None:
    who, _ = someone
    long = who.sluice("simulate", "--replay", "--days", "120", "--seeds", "2")
    assert long.code == 2
    assert "120 days can't be replayed: there are 120 days of orders" in long.err
    broken = tmp_path / "broken.yaml"
    broken.write_text("allocation: fair", encoding="utf-8")
    done = who.sluice("simulate", "--scenario", str(broken))
    assert done.code == 2
    assert "allocation: Input should be 'silo'" in done.err
    assert "Traceback" not in done.err
