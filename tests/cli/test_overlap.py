"""Two landings at once, on one server and one lake, leave what one alone leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.registry import connectors
from sluice.landing.raw_tables import tables
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.cli.command import User, done, kept_sandbox, user
from tests.conftest import copy_of

pytestmark = pytest.mark.timeout(600)

OF_THE_LANDING = ["_loaded_at", "_file_id", "_received_at"]
"""Columns that tell of the landing, not of the record."""
CONNECTED = [connectors()[name] for name in ("file", "odoo", "shopify", "taobao")]
MAIN = [tables(connector, stream)[0] for connector in CONNECTED for stream in connector.streams]
Landed = tuple[list[dict[str, Any]], list[dict[str, Any]]]
ALL = [table for connector in CONNECTED for stream in connector.streams for table in tables(connector, stream)]


@dataclass(frozen=True)
class Company:
    user: User
    db: psycopg.Connection

    def rows(self, table: str) -> list[str]:
        found = self.db.execute(f"select (to_jsonb(t) - %s::text[])::text from raw.{table} as t", (OF_THE_LANDING,)).fetchall()
        return sorted(row[0] for row in found)

    def land(self, at_once: int) -> list[dict[str, Any]]:
        """What each of so many `sluice land`, all started together, said of each stream."""
        both = [done(process) for process in [self.user.start("land", "--json") for _ in range(at_once)]]
        assert [one.code for one in both] == [0] * at_once, [one.err for one in both]
        return [stream for one in both for stream in one.json]


@pytest.fixture(scope="module")
def companies(
    postgres: warehouse.Embedded, prepared_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Company, Company]]:
    """Two that sell the same."""
    state = SandboxState(World.generate(7, 500))
    with copy_of(postgres, prepared_template) as first, copy_of(postgres, prepared_template) as second:
        users = [user(tmp_path_factory.mktemp("company"), 500, address) for address in (first, second)]
        with (
            kept_sandbox(users[0], state),
            kept_sandbox(users[1], state),
            warehouse.connect(first, autocommit=True) as one,
            warehouse.connect(second, autocommit=True) as other,
        ):
            yield Company(users[0], one), Company(users[1], other)


@pytest.fixture(scope="module")
def landed(companies: tuple[Company, Company]) -> Landed:
    """What was said by the one that landed alone, then by the two at once."""
    alone, together = companies
    return alone.land(1), together.land(2)


def new(said: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """New records by stream, of all that landed it."""
    counted: dict[tuple[str, str], int] = {}
    for one in said:
        name = one["channel"], one["stream"]
        counted[name] = counted.get(name, 0) + one["new"]
    return counted


def test_the_raw_tables_are_the_same(companies: tuple[Company, Company], landed: Landed) -> None:
    alone, together = companies
    for table in ALL:
        assert together.rows(table) == alone.rows(table), table
    assert sum(len(alone.rows(table)) for table in MAIN) > 1000


def test_each_record_was_new_to_one_of_them_only(landed: Landed) -> None:
    alone, together = landed
    assert new(together) == new(alone)


def test_each_row_is_of_a_page_that_the_lake_keeps(companies: tuple[Company, Company], landed: Landed) -> None:
    _, together = companies
    for table in MAIN:
        query = f"select count(*) from raw.{table} where _file_id not in (select file_id from raw.manifest)"
        assert together.db.execute(query).fetchone() == (0,), table
    paths = [path for (path,) in together.db.execute("select path from raw.manifest")]
    assert [path for path in paths if not (together.user.home / "lake" / path).is_file()] == []


def test_what_orders_hold_is_the_same(companies: tuple[Company, Company], landed: Landed) -> None:
    held = "select channel, shop, order_id, line_id, sku, quantity from ops.commitments where quantity > 0 order by 1, 2, 3, 4, 5"
    told = "select channel, shop, order_id, axis, from_status, to_status from ops.order_events order by 1, 2, 3, 4, event_id"
    alone, together = companies
    for query in (held, told):
        found = together.db.execute(query).fetchall()
        assert found == alone.db.execute(query).fetchall() != []


def test_a_landing_after_them_finds_nothing_new(companies: tuple[Company, Company], landed: Landed) -> None:
    _, together = companies
    assert sum(new(together.land(1)).values()) == 0
