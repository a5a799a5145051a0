"""The dictionary says each thing once, and a question is answered or refused in words."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from sluice import warehouse
from sluice.metrics.answer import answer, chosen, text
from sluice.metrics.dictionary import FILE, Metric, MetricError, dictionary, read
from sluice.metrics.question import GRAINS, Question, statement
from tests.conftest import copy_of

ROOT = Path(__file__).parents[2]
METRICS = dictionary().metrics
PROMISED = {"gross_sales", "discounts", "returns", "net_sales", "aov", "orders", "units", "return_rate", "cancellation_rate"}
PROMISED |= {"fill_rate", "order_to_ship_hours", "order_to_ship_hours_p90", "stock_out_rate", "turnover", "days_of_cover"}
PROMISED |= {"oversell_units", "quota_use", "clv", "average_stock"}
TOY = """
datasets:
  a: {relation: marts.a, dimensions: [x]}
  b: {relation: marts.b, dimensions: [x]}
metrics:
  - {name: one, label: l, description: d, dataset: a, unit: count, adds_up: additive, expression: "%s"}
  - {name: two, label: l, description: d, dataset: a, unit: count, adds_up: additive, expression: "sum(x) - {three}"}
  - {name: three, label: l, description: d, dataset: a, unit: count, adds_up: additive, expression: "count(*)"}
  - {name: elsewhere, label: l, description: d, dataset: b, unit: count, adds_up: additive, expression: "count(*)"}
"""


def test_what_was_promised_is_there() -> None:
    assert PROMISED - {one.name for one in METRICS} == set()


def test_a_reference_is_replaced_in_brackets() -> None:
    assert read(TOY % "{two} / 2").metric("one").expression == "(sum(x) - (count(*))) / 2"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("{nothing}", "one refers to nothing"),
        ("{elsewhere}", "one refers to elsewhere, which the dataset a does not have"),
        ("{one}", "one is defined by itself: one -> one"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(expression: str, why: str) -> None:
    with pytest.raises(MetricError, match=why):
        read(TOY % expression)


def test_no_formula_is_written_twice() -> None:
    """A metric that contains another's formula refers to it."""
    written = {one["name"]: one["expression"] for one in yaml.safe_load(FILE.read_text(encoding="utf-8"))["metrics"]}
    twice = [
        (name, other)
        for name, expression in written.items()
        for other, formula in written.items()
        if name != other and "filter" in formula and formula in expression
    ]
    assert twice == []


@pytest.fixture(scope="module")
def empty(postgres: warehouse.Embedded, built_template: str) -> Iterator[psycopg.Connection]:
    """A warehouse without a single order."""
    with copy_of(postgres, built_template) as url, warehouse.connect(url) as db:
        yield db


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.name)
def test_a_metric_answers_by_everything_it_says(metric: Metric, empty: psycopg.Connection) -> None:
    """And nothing is divided by nothing."""
    grains = GRAINS if metric.dataset.time else ()
    for by in [(), *((one,) for one in (*metric.dataset.dimensions, *grains))]:
        assert [row["value"] for row in answer(empty, Question(metric, by=by)) if row["value"]] == []
    first, before = (date(2026, 1, 1), date(2026, 2, 1)) if metric.dataset.time else (None, None)
    question = Question(metric, (), first, before, dict.fromkeys(metric.dataset.dimensions, ("a", "b")))
    as_text = empty.execute(text(empty, question).encode()).fetchall()
    assert [row[-1] for row in as_text] == [row["value"] for row in answer(empty, question)]


NET_SALES = dictionary().metric("net_sales")


@pytest.mark.parametrize(
    ("metric", "asked", "why"),
    [
        ("net_sales", {"by": ("sku",)}, "net_sales can't be asked by sku; it can by channel, shop"),
        ("net_sales", {"where": {"month": ("2026-01-01",)}}, "net_sales can't be filtered by month"),
        ("net_sales", {"by": ("channel", "channel")}, "named twice"),
        ("stock_units", {"by": ("month",)}, "stock_units can't be asked by month"),
        ("stock_units", {"first": date(2026, 1, 1)}, "stock_units is as of the last build"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(metric: str, asked: dict[str, object], why: str) -> None:
    with pytest.raises(MetricError, match=why):
        Question(dictionary().metric(metric), **asked)  # type: ignore[arg-type]


def test_an_unknown_metric_is_answered_with_those_there_are() -> None:
    with pytest.raises(MetricError, match=r"there is no metric revenue; there are orders, gross_sales"):
        dictionary().metric("revenue")


@given(st.text(), st.sampled_from(NET_SALES.dataset.dimensions))
def test_no_value_gets_into_the_sql(value: str, dimension: str) -> None:
    query, parameters = statement(Question(NET_SALES, where={dimension: (value,)}))
    plain, _ = statement(Question(NET_SALES, where={dimension: ("",)}))
    assert isinstance(query, sql.Composed)
    assert query == plain
    assert parameters == {"value_0": [value]}


@given(st.text())
def test_no_name_gets_into_the_sql_but_the_dictionarys(name: str) -> None:
    if name not in (*NET_SALES.dataset.dimensions, *GRAINS):
        with pytest.raises(MetricError):
            Question(NET_SALES, by=(name,))
        with pytest.raises(MetricError):
            Question(NET_SALES, where={name: ("x",)})


def test_filters_of_one_dimension_mean_any_of_them() -> None:
    assert chosen(["channel=taobao", "channel=jd", "shop=a=b", "sku="]) == {
        "channel": ("taobao", "jd"),
        "shop": ("a=b",),
        "sku": ("",),
    }
    with pytest.raises(MetricError, match="this is 'taobao'"):
        chosen(["taobao"])


def test_dimensions_are_columns(empty: psycopg.Connection) -> None:
    query = "select table_schema || '.' || table_name, array_agg(column_name::text) from information_schema.columns group by 1"
    columns = {name: set(found) for name, found in empty.execute(query).fetchall()}
    for dataset in dictionary().datasets:
        named = {*dataset.dimensions, *filter(None, (dataset.time, dataset.currency))}
        assert named - columns[dataset.relation] == set(), dataset.name


def test_the_page_has_every_metric_as_the_dictionary_has_it() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    table = page.split("<!-- metrics -->\n")[1].split("<!-- /metrics -->")[0]
    rows = [f"| `{one.name}` | {one.label} | {one.unit}, {one.adds_up} | {one.description} |\n" for one in METRICS]
    assert table == "| metric | | unit, adds up | meaning |\n|---|---|---|---|\n" + "".join(rows)
