"""The history of stock is what the ledger says, however its movements were told: reckoned another way, instant by instant."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice import dbt, warehouse
from tests.conftest import DBT, copy_of
from tests.warehouse import raw

DAY = timedelta(days=1)
DAYS = 30
TELLS = {"snapshot", "receipt", "adjustment", "transfer_in"}
DEMAND = "select facility_id, sku, demand_date, sum(quantity)::integer from marts.demand_daily group by 1, 2, 3"
MOVES = """
select facility_id, sku, movement_id, kind, occurred_at, on_hand, on_hand - committed - held - presale_reserve, quantity
from ops.stock_movements
"""
ROWS = """
select facility_id, sku, stock_date, on_hand, available, seconds_known, seconds_out, demand_quantity, demand_days, demand_until,
    movement_id
from marts.stock_daily
"""
BALANCE = """
select count(*) from (
    select on_hand - lag(on_hand, 1, 0) over (partition by facility_id, sku order by stock_date) as change,
        received_quantity + returned_quantity + transferred_quantity - shipped_quantity + adjusted_quantity as told
    from marts.stock_daily
) as days where change <> told
"""
DIMENSIONS = ["dim_channels", "dim_facilities", "dim_products"]
MARTS = [*DIMENSIONS, "fct_orders", "fct_order_lines", "order_days", "demand_daily", "stock_daily"]

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class House:
    db: psycopg.Connection
    url: str
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def build(self, *models: str) -> None:
        dbt.run(self.url, ["run", "--select", *models])

    def build_anew(self, *models: str) -> None:
        """With their checks and unit tests, which have to pass."""
        dbt.run(self.url, ["build", "--full-refresh", "--select", *models])

    def history(self) -> dict[tuple[str, str, date], tuple[Any, ...]]:
        return {row[:3]: row[3:] for row in self.db.execute(ROWS).fetchall()}

    def writers(self) -> dict[tuple[str, str, date], str]:
        """The transaction that wrote each row."""
        rows = self.db.execute("select facility_id, sku, stock_date, xmin::text from marts.stock_daily").fetchall()
        return {row[:3]: row[3] for row in rows}


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, built_template: str, home_of_dbt: Path) -> Iterator[House]:
    with copy_of(postgres, built_template, DBT) as url, warehouse.connect(url, autocommit=True) as db:
        db.execute("delete from raw.shops")
        raw.shops(db)
        now = datetime.now(UTC)
        raw.erp(db, now - DAY)
        yield House(db, url, now)


def move(db: psycopg.Connection, facility: str, sku: str, kind: str, at: datetime, pieces: int, **effects: int) -> None:
    db.execute("select ops.lock_items(array[%s], array[%s])", (facility, sku))
    effects = {"on_hand": 0, "committed": 0, **effects}
    db.execute(
        "insert into ops.stock_movements (facility_id, sku, kind, occurred_at, quantity, on_hand, committed)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (facility, sku, kind, at, pieces, effects["on_hand"], effects["committed"]),
    )


def live(house: House, draw: random.Random, sku: str, facility: str, first: datetime, count: int) -> None:
    """Movements of an item, told in another order than they happened in."""
    committed = 0
    for _ in range(count):
        at = first + (house.now - first) * draw.random()
        pieces = draw.randint(1, 6)
        kind = draw.choice(["snapshot", "receipt", "reserve", "ship", "ship", "return", "transfer_in", "release"])
        if kind == "reserve":
            committed += pieces
            move(house.db, facility, sku, kind, at, pieces, committed=pieces)
        elif kind in ("ship", "release"):
            freed = min(pieces, committed)
            committed -= freed
            move(house.db, facility, sku, kind, at, pieces, committed=-freed, on_hand=-pieces if kind == "ship" else 0)
        else:
            move(house.db, facility, sku, kind, at, pieces, on_hand=draw.randint(-3, 3) if kind == "snapshot" else pieces)


def expected(house: House) -> dict[tuple[str, str, date], tuple[Any, ...]]:
    """The same history from the state at each instant at which anything happened."""
    moves, asked = defaultdict(list), defaultdict(dict)
    for facility, sku, *rest in house.db.execute(MOVES).fetchall():
        moves[facility, sku].append(rest)
    for facility, sku, day, pieces in house.db.execute(DEMAND).fetchall():
        asked[facility, sku][day] = pieces
    all_days = [day for days in asked.values() for day in days]
    found = {}
    for item, told in moves.items():
        begins = min((at for _, kind, at, *_ in told if kind in TELLS), default=None)
        day = begins.date() if begins else house.today + DAY
        while begins and day <= house.today:
            start = max(begins, datetime.combine(day, time(), UTC))
            end = min(datetime.combine(day + DAY, time(), UTC), house.now)
            cuts = sorted({start, end} | {at for _, _, at, *_ in told if start < at < end})
            free = [sum(available for _, _, at, _, available, _ in told if at <= cut) for cut in cuts[:-1]]
            out = sum(((b - a).total_seconds() for a, b, left in zip(cuts, cuts[1:], free, strict=False) if left <= 0), 0.0)
            before = [one for one in told if one[2] < end or day == house.today]
            until = min(day, max(all_days))
            found[(*item, day)] = (
                sum(one[3] for one in before),
                sum(one[4] for one in before),
                round((end - start).total_seconds()),
                round(out),
                sum(pieces for when, pieces in asked[item].items() if until - 90 * DAY < when <= until),
                max(0, min(90, (until - min(all_days)).days + 1)),
                until,
                max(one[0] for one in before),
            )
            day += DAY
    return found


def agrees(house: House) -> None:
    """Of the day of the build, whose end it is, all but its length."""
    found, wanted = house.history(), expected(house)
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        if key[2] < house.today:
            # each row is rounded to the second
            assert found[key][:2] + found[key][4:] == row[:2] + row[4:], key
            assert found[key][2:4] == pytest.approx(row[2:4], abs=1), key
        else:
            assert found[key][:2] + found[key][4:] == row[:2] + row[4:], key
    assert house.db.execute(BALANCE).fetchall() == [(0,)]


def test_history_is_what_the_ledger_says_and_is_made_anew_only_where_it_changed(house: House) -> None:
    db, draw = house.db, random.Random(5)
    for number in range(12):
        first = house.now - timedelta(days=draw.uniform(0, DAYS))
        live(house, draw, f"S{number}", draw.choice(["WH-1", "WH-2"]), first, draw.randint(1, 40))
    move(db, "WH-1", "A", "snapshot", house.now - 20 * DAY, 9, on_hand=9)
    move(db, "WH-1", "NEVER TOLD", "reserve", house.now - 20 * DAY, 2, committed=2)
    # held before its stock was told, on the very day of the build
    move(db, "WH-1", "TODAY", "reserve", house.now - 2 * DAY, 2, committed=2)
    move(db, "WH-1", "TODAY", "snapshot", datetime.combine(house.today, time(), UTC), 7, on_hand=7)
    for number, ago in enumerate((100, 25, 21, 21, 3)):
        created = f"{house.today - ago * DAY} 10:00:00"
        raw.trade(db, f"t{number}", [("A", number + 1, "10.00"), ("S1", 2, "5.00")], house.now - DAY, created=created)
    house.build(*MARTS)
    agrees(house)
    assert not [key for key in house.history() if key[1] == "NEVER TOLD"]

    # nothing happened: only the day that is not over is written again
    before = house.writers()
    house.build(*MARTS)
    agrees(house)
    after = house.writers()
    assert {key[2] for key in after if after[key] != before[key]} == {house.today}

    # late movements, a new item, and an order of before the history that is cancelled
    move(db, "WH-1", "A", "ship", house.now - 10 * DAY, 4, on_hand=-4)
    move(db, "WH-1", "TODAY", "ship", house.now, 1, on_hand=-1)
    move(db, "WH-2", "NEW", "receipt", house.now - 4 * DAY, 3, on_hand=3)
    created = f"{house.today - 25 * DAY} 10:00:00"
    raw.trade(db, "t1", [("A", 2, "10.00"), ("S1", 2, "5.00")], datetime.now(UTC), created=created, status="TRADE_CLOSED")
    before = house.writers()
    house.build(*MARTS)
    agrees(house)
    after = house.writers()
    late = {key for key in before if after[key] != before[key] and key[2] < house.today}
    asked = {sku for _, sku, _ in expected(house) if sku in ("A", "S1")}
    assert {sku for _, sku, _ in late} <= asked
    assert min(day for _, sku, day in late if sku == "A") == house.today - 20 * DAY

    # nobody built for four days
    db.execute("delete from marts.stock_daily where stock_date > %s", (house.today - 4 * DAY,))
    db.execute("update marts.stock_daily set on_hand = 99, seconds_known = 5 where stock_date = %s", (house.today - 4 * DAY,))
    house.build("stock_daily")
    agrees(house)

    # and from nothing; the view over it is made anew, as dbt drops it with the table
    built = over(house)
    house.build_anew("stock_daily", "stock_history")
    agrees(house)
    assert over(house) == built


def over(house: House) -> dict[tuple[str, str, date], tuple[Any, ...]]:
    return {key: row for key, row in house.history().items() if key[2] < house.today}
