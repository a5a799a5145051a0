"""Whoever asks, the number is the same: the API, the command, plain SQL, and another engine from the unified views."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl
import psycopg
import pytest
from typer.testing import CliRunner

from sluice import dbt, warehouse
from sluice.cli.main import app
from sluice.metrics.answer import answer, plain, text
from sluice.metrics.dictionary import dictionary
from sluice.metrics.question import Question
from sluice.service.keys import create
from tests.conftest import DBT, copy_of
from tests.metrics import world
from tests.service.conftest import serving

QUESTIONS: list[tuple[str, list[str], list[str]]] = [
    *((one.name, [], []) for one in dictionary().metrics),
    *((one.name, ["channel"], []) for one in dictionary().metrics if "channel" in one.dataset.dimensions),
    ("net_sales", ["month", "channel"], ["channel=taobao", "channel=shopify"]),
    ("article_sales", ["sku"], ["is_cancelled=false"]),
    ("stock_units", ["sku"], ["facility_id=WH-1"]),
]


@dataclass(frozen=True)
class House:
    db: psycopg.Connection
    client: httpx.Client
    url: str


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, built_template: str, dbt_home: Path) -> Iterator[House]:
    with copy_of(postgres, built_template, DBT) as url, warehouse.connect(url, autocommit=True) as db:
        db.execute("delete from raw.shops")
        world.sell(db)
        world.stock_up(db)
        world.operate(db)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SLUICE_HOME", str(dbt_home))
            dbt.run(url, ["run", "--select", "path:models/marts"])
        key = create(db, "reader")
        with serving(url) as address, httpx.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
            yield House(db, client, url)


def by_api(house: House, name: str, by: list[str], where: list[str]) -> list[list[Any]]:
    found = house.client.get(f"/metrics/{name}", params={"by": by, "where": where}).raise_for_status().json()
    assert found["metric"] == name
    rows: list[list[Any]] = found["rows"]
    return rows


def by_command(house: House, monkeypatch: pytest.MonkeyPatch, name: str, by: list[str], where: list[str]) -> list[list[Any]]:
    monkeypatch.setenv("SLUICE_DATABASE_URL", house.url)
    options = [option for one in by for option in ("--by", one)] + [option for one in where for option in ("--where", one)]
    done = CliRunner().invoke(app, ["metrics", name, "--json", *options])
    assert done.exit_code == 0, done.output
    rows: list[list[Any]] = json.loads(done.stdout)["rows"]
    return rows


def by_sql(house: House, monkeypatch: pytest.MonkeyPatch, name: str, by: list[str], where: list[str]) -> list[list[Any]]:
    """What `--sql` prints, pasted into a tool that binds nothing."""
    monkeypatch.setenv("SLUICE_DATABASE_URL", house.url)
    options = [option for one in by for option in ("--by", one)] + [option for one in where for option in ("--where", one)]
    printed = CliRunner().invoke(app, ["metrics", name, "--sql", *options]).stdout
    return [[_json(value) for value in row] for row in house.db.execute(printed.encode()).fetchall()]


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else plain(value)


@pytest.mark.parametrize(("name", "by", "where"), QUESTIONS, ids=lambda one: str(one))
def test_api_command_and_sql_agree(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str, by: list[str], where: list[str]
) -> None:
    found = by_api(house, name, by, where)
    assert found, "an answer without a row proves nothing"
    assert by_command(house, monkeypatch, name, by, where) == found
    assert by_sql(house, monkeypatch, name, by, where) == found


def number(house: House, name: str, first: date | None = None, before: date | None = None, **where: str) -> Any:
    asked = Question(dictionary().metric(name), (), first, before, {key: (value,) for key, value in where.items()})
    rows = answer(house.db, asked)
    return rows[0]["value"] if rows else None


UNIFIED = ("orders",)
SALES = """
with rates as (
    select 'CNY' as currency, 1::decimal(18, 8) as rate
    union all
    select 'USD', rate from usd
),
orders as (
    select *, timezone(if(channel = 'taobao', 'Asia/Shanghai', 'America/Los_Angeles'), ordered_at)::date as day
    from unified_orders
    where order_kind = 'sale'
)
select
    strftime(date_trunc('month', day), '%Y-%m') as month, channel,
    count(*) filter (order_status <> 'cancelled') as orders,
    sum(round(items_amount * rate, 4)) filter (order_status <> 'cancelled') as gross_sales,
    sum(round(items_amount * rate, 4) - round(discount_amount * rate, 4) - round(refunded_amount * rate, 4))
        filter (order_status <> 'cancelled') as net_sales,
    sum(round(refunded_amount * rate, 4)) filter (order_status <> 'cancelled') as returned
from orders inner join rates using (currency)
group by all
"""


@pytest.fixture(scope="module")
def elsewhere(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    """The unified rows in another engine, as Arrow brings them over: nothing of the marts but the day's rate."""
    other = duckdb.connect()
    other.execute("set timezone = 'UTC'")
    for view in UNIFIED:
        with house.db.cursor() as cursor:
            cursor.execute(f"select * from unified.{view}".encode())
            assert cursor.description
            rows = pl.DataFrame(
                cursor.fetchall(), schema=[one.name for one in cursor.description], orient="row", infer_schema_length=None
            )
        other.register(f"unified_{view}", rows.to_arrow())
    query = (
        "select rate from marts.dim_exchange_rates where currency = 'USD' and base_currency = 'CNY' and rate_date = '2026-04-01'"
    )
    other.execute("create table usd as select cast(? as decimal(18, 8)) as rate", [house.db.execute(query).fetchall()[0][0]])
    yield other
    other.close()


def test_money_agrees_to_the_cent_with_another_engine(house: House, elsewhere: duckdb.DuckDBPyConnection) -> None:
    expected = {(month, channel): rest for month, channel, *rest in elsewhere.execute(SALES).fetchall()}
    assert set(expected) == {("2026-03", "taobao"), ("2026-04", "taobao"), ("2026-03", "shopify"), ("2026-04", "shopify")}
    for place, name in enumerate(("orders", "gross_sales", "net_sales", "returns")):
        rows = answer(house.db, Question(dictionary().metric(name), by=("month", "channel")))
        found = {(f"{row['month']:%Y-%m}", row["channel"]): row["value"] for row in rows}
        cents = {key: Decimal(str(value)).quantize(Decimal("0.01")) for key, value in found.items()}
        assert cents == {key: Decimal(str(rest[place])).quantize(Decimal("0.01")) for key, rest in expected.items()}, name


def test_the_numbers_are_those_worked_out_by_hand(house: House) -> None:
    assert number(house, "orders", channel="taobao") == 4
    assert number(house, "gross_sales", channel="taobao") == Decimal("60.30") + Decimal("59.98") + 45
    assert number(house, "returns", channel="taobao") == Decimal("29.99")
    assert number(house, "net_sales", channel="taobao") == Decimal("135.29")
    assert number(house, "aov", channel="taobao") == Decimal("165.28") / 4
    assert number(house, "cancellation_rate", channel="taobao") == Decimal("0.2")
    # 3 A and 1 B, 2 B, the set, 1 A
    assert (number(house, "units", channel="taobao"), number(house, "units_sold", channel="taobao")) == (8, 8)
    assert number(house, "fill_rate", channel="taobao") == 1


def test_stock_and_quotas_are_those_worked_out_by_hand(house: House) -> None:
    """In 33 days 10 A (cost 4) and 4 B (cost 12) were asked for, over both shops and out of the set."""
    assert (number(house, "stock_units"), number(house, "stock_value")) == (11, 52)
    assert number(house, "oversell_units") == 1
    now = {"is_newest": "true"}
    assert number(house, "stock_out_rate", **now) == Decimal("0.5")
    assert float(number(house, "days_of_cover", **now)) == pytest.approx(11 * 33 / 14)
    assert float(number(house, "turnover", **now)) == pytest.approx((10 * 4 + 4 * 12) * 365 / (33 * 52))
    # in March 3 of A and 3 of B at Taobao, in April 3 of A: of 2 + 4 and 10 pieces set apart, 2 + 3 and 3
    rows = answer(house.db, Question(dictionary().metric("quota_use"), by=("month",)))
    assert [round(row["value"], 4) for row in rows] == [Decimal("0.8333"), Decimal("0.3000")]
    assert number(house, "quota_use") == Decimal("0.5")


def test_stock_of_days_that_are_over_is_that_worked_out_by_hand(house: House) -> None:
    """Two days: 10 and 10 A (cost 4), 3 and 1 B (cost 12), and half of the second day nothing of B to sell."""
    since, today = world.TODAY.date() - timedelta(days=2), world.TODAY.date()
    assert number(house, "average_stock", since, today) == 12
    assert number(house, "average_stock_value", since, today) == (10 * 4 + 3 * 12 + 10 * 4 + 1 * 12) / 2
    assert number(house, "stock_out_rate", since, today) == Decimal("0.125")
    assert number(house, "stock_out_rate", today - timedelta(days=1), today, sku="B") == Decimal("0.5")
    assert float(number(house, "days_of_cover", since, today)) == pytest.approx(24 / (2 * 14 / 33))
    assert float(number(house, "turnover", since, today)) == pytest.approx(2 * (10 * 4 + 4 * 12) / 33 * 365 / 128)
    asked = Question(dictionary().metric("average_stock"), ("day", "sku"), since, today)
    assert [(row["sku"], row["value"]) for row in answer(house.db, asked)] == [("A", 10), ("B", 3), ("A", 10), ("B", 1)]


def test_text_of_a_question_is_its_statement(house: House) -> None:
    question = Question(dictionary().metric("net_sales"), where={"shop": ("it's", "fla%gship")})
    assert house.db.execute(text(house.db, question).encode()).fetchall() == []


@pytest.mark.parametrize(
    ("path", "params", "status", "detail"),
    [
        ("/metrics/revenue", {}, 404, "there is no metric revenue"),
        ("/metrics/net_sales", {"by": "sku"}, 422, "can't be asked by sku"),
        ("/metrics/net_sales", {"where": "taobao"}, 422, "a filter is DIMENSION=VALUE"),
        ("/metrics/net_sales", {"from": "yesterday"}, 422, "from: "),
        ("/metrics/net_sales", {"since": "2026-01-01"}, 422, "since: "),
        ("/metrics/stock_units", {"to": "2026-01-01"}, 422, "as of the last build"),
    ],
)
def test_a_wrong_question_is_answered_in_words(house: House, path: str, params: dict[str, str], status: int, detail: str) -> None:
    found = house.client.get(path, params=params)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert detail in found.json()["detail"]


def test_the_dictionary_is_listed(house: House) -> None:
    found = house.client.get("/metrics").raise_for_status().json()
    assert [one["name"] for one in found] == [one.name for one in dictionary().metrics]
    assert house.client.get("/metrics", headers={"X-API-Key": "wrong"}).status_code == 401


def test_days_begin_with_from_and_end_before_to(house: House) -> None:
    params = {"from": "2026-03-31", "to": "2026-04-01", "by": ["channel", "day"]}
    rows = house.client.get("/metrics/orders", params=params).raise_for_status().json()["rows"]
    assert rows == [["shopify", "2026-03-31", 1], ["taobao", "2026-03-31", 1]]


def test_the_state_folder_is_not_needed(tmp_path: Path) -> None:
    """The dictionary alone needs no warehouse."""
    done = CliRunner().invoke(app, ["metrics", "--json"], env={"SLUICE_HOME": str(tmp_path / "none")})
    assert {one["name"] for one in json.loads(done.stdout)} == {one.name for one in dictionary().metrics}
    assert not (tmp_path / "none").exists()
