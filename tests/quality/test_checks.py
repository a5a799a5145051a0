"""Running checks: what is missing or broken fails by name and stops nothing; results are kept with their history, and drawn."""

import logging
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.quality import docs
from sluice.quality.checks import run, suites
from sluice.quality.files import Expectation, Suite, SuiteError, read
from sluice.quality.history import append, latest
from sluice.quality.results import CheckResult

NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"


@pytest.fixture
def goods(db: psycopg.Connection) -> psycopg.Connection:
    db.execute("create schema shop; create table shop.goods (sku text, price numeric)")
    db.execute("insert into shop.goods values ('A', 9.90), ('B', -0.10), (null, 5)")
    db.commit()
    return db


def expectation(name: str, kind: str, **kwargs: object) -> Expectation:
    return Expectation(name, "warning", "", kind, kwargs)


def query(name: str, sql: str) -> Expectation:
    return Expectation(name, "critical", "", sql=sql)


@pytest.mark.usefixtures("goods")
def test_results_come_back_by_name_in_the_order_of_the_suite(database_url: str) -> None:
    suite = Suite(
        "shop.goods",
        (
            query("b_cheap", "select sku, price from shop.goods where price < 0"),
            expectation("a_sku", NOT_NULL, column="sku"),
            expectation("c_price_known", NOT_NULL, column="price"),
            expectation("a_price", BETWEEN, column="price", min_value=0),
            query("a_none", "select 1 as one from shop.goods where price > 100"),
        ),
    )
    results = run(database_url, [suite])
    assert [result.name for result in results] == ["b_cheap", "a_sku", "c_price_known", "a_price", "a_none"]
    assert [result.passed for result in results] == [False, False, True, False, True]
    assert [result.unexpected_count for result in results] == [1, 1, 0, 1, 0]
    assert results[0].sample == ({"sku": "B", "price": "-0.10"},)
    assert results[0].detail == "1 unexpected, such as {'sku': 'B', 'price': '-0.10'}"
    assert [result.severity for result in results] == ["critical", "warning", "warning", "warning", "critical"]


@pytest.mark.usefixtures("goods")
def test_missing_table_column_or_broken_query_is_a_failed_check(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    here = Suite(
        "shop.goods",
        (
            expectation("no_column", NOT_NULL, column="colour"),
            query("broken", "select nonsense from shop.goods"),
            expectation("price_known", NOT_NULL, column="price"),
            query("fine", "select 1 as one where false"),
        ),
    )
    gone = Suite("shop.gone", (expectation("sku", NOT_NULL, column="sku"), query("any", "select 1 as one")))
    results = {result.name: result for result in run(database_url, [gone, here])}
    assert results["sku"].error == results["any"].error == "table shop.gone does not exist"
    assert "colour" in str(results["no_column"].error)
    assert "nonsense" in str(results["broken"].error)
    assert [name for name, result in results.items() if result.passed] == ["price_known", "fine"]
    assert "Traceback" not in caplog.text


@pytest.mark.usefixtures("goods")
def test_checks_change_nothing_and_leave_no_connection(database_url: str, postgres: warehouse.Embedded) -> None:
    deed = "with gone as (delete from shop.goods returning sku) select sku from gone"
    (result, _) = run(database_url, [Suite("shop.goods", (query("deed", deed), expectation("sku", NOT_NULL, column="sku")))])
    assert result.error
    with warehouse.connect(database_url) as db:
        assert db.execute("select count(*) from shop.goods").fetchone() == (3,)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        activity = "select count(*) from pg_stat_activity where datname = %s and application_name = 'sluice-quality'"
        assert admin.execute(activity, (database_url.rsplit("/", 1)[-1],)).fetchone() == (0,)


def test_fifty_expectations_take_seconds(goods: psycopg.Connection, database_url: str) -> None:
    run(database_url, [Suite("shop.goods", (expectation("sku", NOT_NULL, column="sku"),))])
    goods.execute("insert into shop.goods select n::text, n from generate_series(1, 20000) as n")
    goods.commit()
    many = tuple(expectation(f"price_{low}", BETWEEN, column="price", min_value=-low) for low in range(50))
    began = datetime.now(UTC)
    assert len(run(database_url, [Suite("shop.goods", many)])) == 50
    # 1.5 s on an idle machine; the bound only catches another order of magnitude.
    assert datetime.now(UTC) - began < timedelta(seconds=15)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("goods.json", '{"name": "goods", "expectations": []}', "schema.table"),
        ("a.b.json", '{"name": "a.c", "expectations": []}', "like the file"),
        ("a.b.json", '{"name": "a.b", "expectations": [{"type": "x"}]}', "kwargs"),
        ("a.b.json", '{"name": "a.b", "expectation": []}', "expectation"),
        ("a.b.sql", "select 1;", "must begin"),
        ("a.b.sql", "-- check: one\n-- severity: huge\n-- Text.\nselect 1;", "severity"),
        ("a.b.sql", "-- check: one\n-- severity: critical\nselect 1;", "a sentence"),
        ("a.b.sql", "-- check: one\n-- severity: critical\n-- Text.\nselect 1; select 2;", "one select"),
        ("a.b.sql", "-- check: One\n-- severity: critical\n-- Text.\nselect 1;", "'One' must be unique"),
        ("a.b.sql", "-- check: one\n-- severity: warning\n-- Text.\nselect 1;\n" * 2, "'one' must be unique"),
    ],
)
def test_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SuiteError, match=re.escape(says)) as fault:
        read(tmp_path)
    assert name.rpartition(".")[0] in str(fault.value)


def test_reading_suites_does_not_import_great_expectations() -> None:
    code = "import sys; from sluice.quality.checks import suites; suites(); sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def result(table: str, name: str, passed: bool, **more: object) -> CheckResult:
    return CheckResult(table, name, passed, "critical", **more)  # type: ignore[arg-type]


def test_history_tells_since_when_a_check_fails(db: psycopg.Connection) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for day, passed in enumerate([True, False, True, False, False]):
        one = result("shop.goods", "sku", passed, observed={"mean": "9.90"}, sample=("x",), unexpected_count=day)
        append(db, f"run {day}", [one, result("shop.goods", "other", True)], start + timedelta(days=day))
    other, sku = latest(db)
    assert (sku.newest_first, sku.passed, sku.run_id) == ([False, False, True, False, True], False, "run 4")
    assert (sku.failing_since, sku.unexpected_count, sku.sample) == (start + timedelta(days=3), 4, ["x"])
    assert (other.name, other.failing_since, other.passed) == ("other", None, True)
    assert latest(db, runs=2)[1].newest_first == [False, False]


def test_page_shows_every_check_and_asks_for_nothing(db: psycopg.Connection, home: Path) -> None:
    table = suites()[0].table
    names = [one.name for one in suites()[0].expectations]
    append(db, "1", [result(table, name, True) for name in names])
    bad = result(
        table,
        names[0],
        False,
        unexpected_count=1234,
        sample=({"sku": "<script>alert(1)</script>", "price": "1.10"},),
    )
    append(db, "2", [bad, result(table, names[1], False, error="table gone does not exist")])
    append(db, "2", [result("shop.forgotten", "old", False)])
    page = docs.build(db, home)
    assert page == home / "data_docs" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert all(name.replace("_", " ") in text for name in names)
    assert "1,234 unexpected" in text
    assert "table gone does not exist" in text
    assert "<script" not in text
    assert "<script>alert(1)" in unescape(text)
    assert "shop.forgotten" not in text
    assert text.count("<rect") == len(names) + 2
    assert not re.search(r"(src|href)=\"(?!#)|url\(|@import", text)


def test_what_a_run_found_is_kept_and_on_the_page(db: psycopg.Connection, home: Path) -> None:
    table, name = suites()[0].table, suites()[0].expectations[0].name
    page = docs.keep(db, "1", [result(table, name, False, unexpected_count=1234)], home)
    db.rollback()
    assert [(one.run_id, one.name, one.passed) for one in latest(db)] == [("1", name, False)]
    assert "1,234 unexpected" in page.read_text(encoding="utf-8")


def test_page_before_the_first_run(db: psycopg.Connection, home: Path) -> None:
    assert "No check has run yet" in docs.build(db, home).read_text(encoding="utf-8")
