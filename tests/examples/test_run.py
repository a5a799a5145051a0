"""`sluice run` on the sample, from landing to the plan: it ends well, and the marts say what DuckDB adds up from the file."""

import os
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from sluice import warehouse
from tests.cli.command import SLUICE, Done, User, done
from tests.examples.figures import EXAMPLES, ROOT, Figures

pytestmark = pytest.mark.timeout(900)

(SAMPLE,) = (example for example in EXAMPLES if example.name == "sample")


@pytest.fixture(scope="module")
def buyer(tmp_path_factory: pytest.TempPathFactory) -> User:
    return User(tmp_path_factory.mktemp("buyer"))


@pytest.fixture(scope="module")
def run(buyer: User) -> Done:
    """As examples/README.md has it: in the root of the clone."""
    command = [SLUICE, "run", "--json", "--config", SAMPLE.config.relative_to(ROOT)]
    known = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DAGSTER_", "DBT_"))}
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env=known | {"SLUICE_HOME": str(buyer.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return done(started)


@pytest.fixture(scope="module")
def marts(buyer: User, run: Done) -> Iterator[psycopg.Connection]:
    server = warehouse.Embedded(buyer.home / "postgres")
    server.start()
    try:
        with warehouse.connect(server.url()) as db:
            yield db
    finally:
        server.stop()


def test_it_ends_well(run: Done) -> None:
    assert run.code == 0, run.out + run.err
    assert run.json["success"]
    assert run.json["failures"] == {}
    assert run.json["checks"]["failed"] == 0
    assert run.json["checks"]["passed"] > 100


def test_its_own_second_count_agrees(run: Done) -> None:
    (shop,) = run.json["shops"]
    assert shop["agrees"] is True
    assert shop["money"] == shop["channel_money"] != {}
    assert shop["orders"] == shop["channel_orders"] == 475


def test_the_marts_say_what_the_file_says(marts: psycopg.Connection) -> None:
    """Orders, lines, units and revenue, by kind of order."""
    found = marts.execute(
        """
        select orders.order_kind, count(*), sum(lines.lines)::bigint, sum(lines.units)::bigint, round(sum(orders.total_amount), 2)
        from marts.fct_orders as orders
        inner join (
            select channel, shop, order_id, count(*) as lines, sum(quantity) as units
            from marts.fct_order_lines group by channel, shop, order_id
        ) as lines using (channel, shop, order_id)
        group by orders.order_kind
        """
    ).fetchall()
    assert {row[0]: Figures(*row[1:]) for row in found} == SAMPLE.figures(ROOT / "examples" / "data")


def test_demand_is_the_pieces_of_sales(marts: psycopg.Connection) -> None:
    demanded, sold = (
        marts.execute(query).fetchone()
        for query in (
            "select sum(quantity), sum(revenue_base) from marts.demand_daily",
            "select sum(quantity), sum(total_amount_base) from marts.fct_order_lines where order_kind = 'sale'"
            " and line_kind = 'product'",
        )
    )
    assert demanded == sold


def test_a_plan_was_made_of_it(marts: psycopg.Connection) -> None:
    planned = marts.execute("select count(distinct sku) from planning.safety_stock").fetchone()
    assert planned is not None
    assert planned[0] > 0
