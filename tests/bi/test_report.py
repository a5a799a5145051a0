"""The report: its numbers are the dictionary's and those that a hand adds up, and it opens without anything else."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import psycopg
import pytest

from sluice.bi import pages
from sluice.bi.measures import measures
from sluice.bi.pages import Chart
from sluice.bi.report.build import Period, html
from sluice.bi.report.content import section, written
from sluice.bi.report.questions import Questions
from sluice.metrics.answer import answer
from sluice.metrics.dictionary import dictionary
from sluice.metrics.question import Question
from sluice.project import DASHBOARDS
from tests.bi.conftest import ORDERS

SHIPPED = pages.read(DASHBOARDS / "pages")
ALL = Period()
MARCH_2 = Period(date(2026, 3, 2), date(2026, 3, 2))


def tiles(page: str) -> dict[str, str]:
    """Number by metric."""
    return {name: number for number, name in re.findall(r'<div class="tile"><b>(.*?)</b><a href="#metric-(\w+)">', page)}


def net(days: Period) -> Decimal:
    first, last = (days.first or date.min).isoformat(), (days.last or date.max).isoformat()
    stands = [order for order in ORDERS if not order[7] and first <= order[3] <= last]
    return sum((Decimal(items) - Decimal(off) - Decimal(back) for *_, items, off, back, _ in stands), Decimal())


@pytest.mark.parametrize("period", [ALL, MARCH_2], ids=["all", "one day"])
def test_money_is_what_a_hand_adds_up(house: psycopg.Connection, period: Period) -> None:
    assert tiles(html(house, SHIPPED, period))["net_sales"] == f"{net(period):,.0f} CNY"


@pytest.mark.parametrize("period", [ALL, MARCH_2], ids=["all", "one day"])
def test_every_number_is_the_dictionarys(house: psycopg.Connection, period: Period) -> None:
    shown = tiles(html(house, SHIPPED, period))
    assert len(shown) > 15
    for name, number in shown.items():
        metric = dictionary().metric(name)
        days = (period.first, period.before) if metric.dataset.time else (None, None)
        rows = answer(house, Question(metric, (), *days))
        expected = [f"{written(row['value'], measures()[name].format)} {row.get('currency', '')}".strip() for row in rows]
        assert number == (", ".join(expected) or "–"), name


def test_a_table_has_each_shop_with_its_own_numbers(house: psycopg.Connection) -> None:
    chart = Chart.model_validate({"chart": "table", "metrics": ["net_sales", "orders"], "by": ["channel", "shop_name"]})
    rows = Questions(house, measures())(chart)
    assert [(row["channel"], row["net_sales"], row["orders"]) for row in rows] == [
        ("taobao", Decimal("1000.00"), 1),
        ("shopify", Decimal("114.85"), 2),
    ]


def test_days_that_sold_nothing_are_days_of_the_line(house: psycopg.Connection) -> None:
    (page,) = (page for page in SHIPPED if page.slug == "sales")
    chart = Chart.model_validate({"chart": "line", "title": "x", "metrics": "net_sales", "over": "day"})
    (drawn,) = section(page.model_copy(update={"rows": [[chart]]}), measures(), Questions(house, measures())).charts
    (path,) = re.findall(r' d="([^"]+)"', drawn.svg)
    # 1 to 9 March, in one piece
    assert (path.count("M"), path.count("L")) == (1, 8)


def test_two_currencies_are_never_added(house: psycopg.Connection) -> None:
    with house.transaction(force_rollback=True):
        house.execute("update marts.fct_orders set base_currency = 'USD' where channel = 'taobao'")
        chart = Chart.model_validate({"chart": "table", "metrics": ["net_sales", "orders"], "by": "shop"})
        rows = Questions(house, measures())(chart)
        assert {(row["shop"], row.get("currency")): row["net_sales"] for row in rows if row["net_sales"] is not None} == {
            ("main", "CNY"): Decimal("114.85"),
            ("flagship", "USD"): Decimal("1000.00"),
        }
        number = Chart.model_validate({"chart": "number", "metrics": "net_sales"})
        (page,) = (page for page in SHIPPED if page.slug == "sales")
        (tile,) = section(page.model_copy(update={"rows": [[number]]}), measures(), Questions(house, measures())).tiles
        assert sorted(re.split(r"(?<=[A-Z]), ", tile.value)) == ["1,000 USD", "115 CNY"]


class Links(HTMLParser):
    """Everything that a browser would follow or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action", "data", "xlink:href")]
        self.ids |= {value or "" for name, value in attrs if name == "id"}


def test_it_opens_without_anything_else(house: psycopg.Connection) -> None:
    page = html(house, SHIPPED, ALL)
    links = Links()
    links.feed(page)
    assert {link[1:] for link in links.found} <= links.ids
    assert all(link.startswith("#") for link in links.found)
    assert links.tags & {"script", "link", "img", "iframe", "object"} == set()
    assert re.findall(r"https?:|//[a-z]|url\(|@import", page.replace("<!doctype", "")) == []


def test_every_number_leads_to_its_definition(house: psycopg.Connection) -> None:
    page = html(house, SHIPPED, ALL)
    for name in tiles(page):
        metric = dictionary().metric(name)
        assert f'<dt id="metric-{name}">{metric.label}</dt>' in page
    assert dictionary().metric("net_sales").description in page


def test_what_the_warehouse_holds_cannot_write_into_the_page(house: psycopg.Connection) -> None:
    page = html(house, SHIPPED, ALL)
    assert "<Flagship>" not in page
    assert "&lt;Flagship&gt; &amp; more" in page


def test_an_empty_period_is_a_page_of_nothing(house: psycopg.Connection) -> None:
    page = html(house, SHIPPED, Period(date(2020, 1, 1), date(2020, 1, 31)))
    assert tiles(page)["orders"] == "0"
    assert tiles(page)["aov"] == "–"
    assert "Nothing in this period." in page


def test_it_says_how_fresh_it_is(house: psycopg.Connection) -> None:
    assert "As of 2026-03-10 08:00 UTC" in html(house, SHIPPED, ALL)


def test_checks_stand_as_they_were_last_evaluated(house: psycopg.Connection) -> None:
    shown = tiles(html(house, SHIPPED, ALL))
    assert (shown["checks"], shown["checks_failing"]) == ("1", "1")
