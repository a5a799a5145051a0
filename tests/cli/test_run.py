"""`sluice run`, three days of one company: the first run, the next day's, and one on which a channel refuses the key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.cli.command import Done, User, kept_sandbox, user

pytestmark = pytest.mark.timeout(900)

SEED, ORDERS = 20260101, 600
SELLING = {("shopify", "main"), ("taobao", "flagship"), ("file", "hangzhou")}
TELL_ALL = sorted(SELLING - {("taobao", "flagship")})
"""Taobao tells of three months only."""


@dataclass(frozen=True)
class Run:
    """A run, the sandbox's time while it ran, and which processes of ours it left behind."""

    done: Done
    now: datetime
    left: list[str]

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.done.json
        return found

    @property
    def shops(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {(shop["channel"], shop["shop"]): shop for shop in self.summary["shops"]}

    def landed(self, count: str) -> int:
        return sum(shop[count] for shop in self.summary["shops"])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> User:
    return user(tmp_path_factory.mktemp("company"), ORDERS)


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(SEED, ORDERS)


def clock(company: User) -> datetime:
    return datetime.fromisoformat((company.home / "sandbox-clock").read_text())


@pytest.fixture(scope="module")
def first(company: User) -> Run:
    done = company.sluice("run", "--json")
    return Run(done, clock(company), company.left_running())


@pytest.fixture(scope="module")
def second(company: User, first: Run) -> Run:
    done = company.sluice("run", "--json")
    return Run(done, clock(company), company.left_running())


@pytest.fixture(scope="module")
def refused(company: User, world: World, second: Run) -> Run:
    """A day later, on which the own shop has revoked the key."""
    state = SandboxState(world, second.now + timedelta(days=1))
    state.faults.plan("shopify", refuse=True)
    with kept_sandbox(company, state):
        done = company.sluice("run", "--json")
    return Run(done, state.now, company.left_running())


@pytest.fixture(scope="module")
def database(company: User, refused: Run) -> Iterator[psycopg.Connection]:
    """What the three days left in the warehouse."""
    server = warehouse.Embedded(company.home / "postgres")
    server.start()
    with warehouse.connect(server.url()) as connection:
        yield connection
    server.stop()


def test_everything_succeeds(first: Run) -> None:
    assert first.done.code == 0, first.done.out + first.done.err
    assert first.summary["success"]
    assert first.summary["failures"] == {}
    assert first.summary["checks"]["failed"] == 0
    assert first.summary["checks"]["passed"] > 100


def test_every_shop_that_sells_agrees(first: Run) -> None:
    for name in SELLING:
        shop = first.shops[name]
        assert shop["agrees"] is True
        assert shop["money"] == shop["channel_money"] != {}
        assert shop["quarantined"] == 0


@pytest.mark.parametrize("name", TELL_ALL, ids="/".join)
def test_the_unified_orders_are_what_the_world_sold(first: Run, world: World, name: tuple[str, str]) -> None:
    truth, shop = world.truth(*name, first.now), first.shops[name]
    assert shop["orders"] == truth.orders
    assert shop["money"] == {truth.currency: f"{Decimal(truth.total_minor).scaleb(-2):,.2f}"}


def test_a_channel_that_forgets_has_given_all_it_still_tells(first: Run, world: World) -> None:
    created = world.orders_at("taobao", "flagship", first.now)["created_at"]
    told = int((created > first.now - timedelta(days=88)).sum())
    assert 0 < told <= first.shops["taobao", "flagship"]["orders"] <= len(created)


def test_each_published_number_reads_back_the_same(first: Run) -> None:
    assert {(row["channel"], row["shop"]) for row in first.summary["quotas"]} == {("shopify", "main"), ("taobao", "flagship")}
    for row in first.summary["quotas"]:
        assert row["listings"] == row["sent"] == row["confirmed"] > 0
        assert row["pieces"] > 0


def test_the_summary_tells_the_seconds_of_every_stage(first: Run) -> None:
    stages = first.summary["stages"]
    assert {"start PostgreSQL", "prepare the database", "start the sandbox channels", "load Dagster's definitions"} <= set(stages)
    assert {"land shopify", "land taobao", "land odoo", "land file"} <= set(stages)
    assert {"build and test the warehouse (dbt)", "plan safety stock and quotas", "publish to shopify_main"} <= set(stages)
    assert sum(stages.values()) <= first.summary["seconds"]


def test_what_a_run_started_it_stopped(first: Run, second: Run, refused: Run) -> None:
    assert (first.left, second.left, refused.left) == ([], [], [])


def test_the_next_run_agrees_again(first: Run, second: Run, world: World) -> None:
    assert second.done.code == 0, second.done.out + second.done.err
    assert second.now == first.now + timedelta(days=1)
    assert all(second.shops[name]["agrees"] for name in SELLING)
    for name in TELL_ALL:
        assert second.shops[name]["orders"] == world.truth(*name, second.now).orders


def test_the_next_run_lands_only_what_is_new(first: Run, second: Run) -> None:
    assert first.landed("unchanged") < 0.1 * first.landed("new"), "only what pages of one landing share"
    assert 0 < second.landed("new") + second.landed("changed") < 0.1 * first.landed("new")
    assert second.landed("delivered") == second.landed("new") + second.landed("changed") + second.landed("unchanged")


def test_a_refused_key_fails_the_run_in_words(refused: Run) -> None:
    assert refused.done.code == 1
    assert list(refused.summary["failures"]) == ["land_shopify"]
    assert "shopify/main: Shopify refused the access token" in refused.summary["failures"]["land_shopify"]


def test_a_shop_that_refuses_keeps_no_other_from_landing(refused: Run, second: Run, world: World) -> None:
    name = ("file", "hangzhou")
    assert refused.shops[name]["orders"] == world.truth(*name, refused.now).orders
    assert refused.shops["taobao", "flagship"]["new"] > 0
    assert refused.shops["shopify", "main"]["orders"] == second.shops["shopify", "main"]["orders"]


def test_what_was_not_held_against_its_channel_is_not_said_to_agree(refused: Run) -> None:
    assert {shop["agrees"] for shop in refused.shops.values()} == {None}


def test_the_failed_run_is_the_one_open_alert(refused: Run, database: psycopg.Connection) -> None:
    open_now = database.execute("select scope, severity, detail from ops.alerts where closed_at is null").fetchall()
    told = [detail for scope, severity, detail in open_now if (scope, severity) == ("run everything", "critical")]
    assert len(told) == 1
    assert "refused the access token" in told[0]


def test_every_piece_on_hand_is_accounted_for_in_every_plan(database: psycopg.Connection) -> None:
    plans = database.execute(
        """
        with quotas as (select run_id, facility_id, sku, sum(quota) as quota from planning.quotas group by 1, 2, 3)
        select run_id, count(*) filter (
            where on_hand + oversold <> safety_stock + presale_reserve + committed + coalesce(quota, 0) + shared_pool
        )
        from planning.stock_plan left join quotas using (run_id, facility_id, sku) group by 1 order by 1
        """
    ).fetchall()
    assert [wrong for _, wrong in plans] == [0, 0]
