"""`sluice replenish`, its sheet and `sluice plan report` as they are typed, on a warehouse with demand, stock and purchases."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import psycopg
import pytest

from sluice import warehouse
from tests.cli.command import User, user
from tests.conftest import copy_of
from tests.operations.purchasing import articles, purchase

NEWEST = datetime(2026, 4, 30, tzinfo=UTC)
DEMAND = """
insert into marts.demand_daily
    (demand_date, channel, shop, facility_id, sku, quantity, returned_quantity, revenue_base, loaded_at)
select date '2026-04-30' - n, 'shopify', 'main', 'SH', sku, 2 + (n * 7) % 5, 0, 10, now()
from generate_series(0, 119) as n, unnest(array['LAMP', 'SHADE']) as sku
"""


@pytest.fixture(scope="module")
def buyer(postgres: warehouse.Embedded, built_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    with copy_of(postgres, built_template) as address:
        with warehouse.connect(address) as db:
            counted = datetime.now(UTC) - timedelta(minutes=5)
            db.execute("insert into ops.stock_feeds values ('SH', %s)", (counted,))
            for sku in ("LAMP", "SHADE"):
                received = (sku, sku, 20, counted + timedelta(minutes=1))
                db.execute("select ops.adjust_stock(%s, 'receipt', 'SH', %s, %s, %s)", received)
            db.execute(DEMAND)
            articles(db, "LAMP", "SHADE")
            for number, (supplier, sku) in enumerate((("NB", "LAMP"), ("FS", "SHADE"))):
                purchase(db, number, supplier, NEWEST - timedelta(days=60), 10, [(sku, 50, 50, 11.0)])
        yield user(tmp_path_factory.mktemp("buying"), 100, address)


def test_a_buyers_morning(buyer: User, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = buyer.sluice("replenish")
    assert (empty.code, "sluice replenish --new" in empty.err) == (2, True), empty.err
    made = buyer.sluice("replenish", "--new", "--json").json
    bought = {row["sku"]: row for row in made if row["kind"] == "buy"}
    assert bought.keys() == {"LAMP", "SHADE"}
    assert bought["LAMP"]["supplier_id"] == "NB"
    folder = tmp_path_factory.mktemp("sheets")
    again = buyer.sluice("replenish", "--supplier", "NB Ltd", "--kind", "buy", "--csv", str(folder / "buy.csv"))
    assert again.code == 0
    with (folder / "buy.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["sku"], int(row["quantity"])) == ("LAMP", bought["LAMP"]["quantity"])
    sheet = buyer.sluice("replenish", "sheet", "NB", "--json", "--csv", str(folder / "sheet.csv")).json
    assert {(one["sku"], one["supplier"]) for one in sheet} == {("LAMP", "NB Ltd")}
    assert sheet[0]["planned_order"] == bought["LAMP"]["quantity"]
    assert all(one["forecast"] > 14 for one in sheet)
    with (folder / "sheet.csv").open(encoding="utf-8") as file:
        assert [one["week_start"] for one in csv.DictReader(file)] == [one["week_start"] for one in sheet]
    wrong = buyer.sluice("replenish", "sheet", "nobody")
    assert (wrong.code, "FS Ltd, NB Ltd" in " ".join(wrong.err.split())) == (2, True)
    unwritable = buyer.sluice("replenish", "sheet", "NB", "--csv", str(folder / "no" / "such.csv"))
    assert (unwritable.code, "--csv" in unwritable.err) == (2, True)


def test_what_was_made_is_in_the_database(buyer: User) -> None:
    assert buyer.database
    with psycopg.connect(buyer.database) as db:
        runs = db.execute("select count(*) from planning.replenishments").fetchone()
    assert runs == (1,), "showing decides nothing anew"


def test_a_planners_page(buyer: User, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert buyer.sluice("plan", "forecast", "--json").json["fallbacks"] == 0
    file = tmp_path_factory.mktemp("page") / "sub" / "plan.html"
    done = buyer.sluice("plan", "report", "--out", str(file), "--worlds", "2", "--items", "1")
    assert done.code == 0, done.err
    written = file.read_text(encoding="utf-8")
    assert written.count("data:image/png;base64,") == 4, "all items, the best seller, service against stock, scenarios"
    assert "No item fell back." in written
    assert "NB Ltd" in written
    assert "<script" not in written
    assert "http" not in written
    HTMLParser().feed(written)
