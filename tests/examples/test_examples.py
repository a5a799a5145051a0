"""Real orders through the warehouse: what it says of each is what the file says, computed by another engine, to the cent."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from sluice import config, warehouse
from sluice.config import Config
from sluice.landing import shops
from sluice.landing.land import land
from sluice.landing.reconcile import reconcile
from tests.conftest import copy_of
from tests.examples.figures import DATA, EXAMPLES, ROOT, Example, Figures

SINCE, UNTIL = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda example: example.name)
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    if not folder(found).is_dir():
        pytest.skip(f"no data in {folder(found)}: set SLUICE_DATA to where examples/README.md says")
    return found


def data(example: Example) -> Path:
    return ROOT / "examples" / "data" if example.name == "sample" else Path(os.environ.get("SLUICE_DATA", DATA))


def folder(example: Example) -> Path:
    return data(example) / example.folder


@pytest.fixture(scope="module")
def loaded(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_DATA", str(data(example)))
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.chdir(ROOT)
        yield config.load(example.config)


@pytest.fixture(scope="module")
def landed(loaded: Config, postgres: warehouse.Embedded, prepared_template: str) -> Iterator[psycopg.Connection]:
    """The example landed, all streams."""
    (shop,) = loaded.channels
    with copy_of(postgres, prepared_template) as address, warehouse.connect(address) as db:
        shops.write(db, loaded)
        db.commit()
        for stream in shop.type.streams:
            land(db, shop.type, shop.connect(), stream)
        yield db


def test_the_warehouse_says_what_the_file_says(example: Example, landed: psycopg.Connection) -> None:
    found = landed.execute(
        """
        select o.order_kind, count(*), sum(l.lines)::bigint, sum(l.units)::bigint, round(sum(o.total_amount), 2)
        from unified.orders as o
        cross join lateral (
            select count(*) as lines, coalesce(sum(quantity), 0) as units
            from unified.order_lines as l
            where l.channel = o.channel and l.shop = o.shop and l.order_id = o.order_id
        ) as l
        group by o.order_kind
        """
    ).fetchall()
    assert {row[0]: Figures(*row[1:]) for row in found} == example.figures(data(example))


def test_lines_and_parts_make_up_every_order(landed: psycopg.Connection) -> None:
    """Items, less discount, with shipping, tax and adjustments, are the total."""
    wrong = landed.execute(
        "select order_id from unified.orders"
        " where total_amount <> items_amount - discount_amount + shipping_amount + tax_amount + adjustment_amount"
    ).fetchall()
    assert wrong == []


def test_no_status_is_unknown(landed: psycopg.Connection) -> None:
    statuses = landed.execute("select distinct order_status, payment_status, fulfilment_status from unified.orders").fetchall()
    assert statuses
    assert "unknown" not in {word for row in statuses for word in row}


def test_what_could_not_be_used_is_in_quarantine(example: Example, landed: psycopg.Connection) -> None:
    reasons = landed.execute("select reason from raw.quarantine where stream in ('orders', 'order_lines')").fetchall()
    assert len(reasons) == example.quarantined
    assert all(" row " in reason for (reason,) in reasons)


def test_the_files_own_claims_agree(loaded: Config, landed: psycopg.Connection) -> None:
    (shop,) = loaded.channels
    outcome = reconcile(landed, shop.type, shop.connect(), SINCE, UNTIL, Decimal("0.005"))
    assert outcome.agrees, outcome.sentence()
    assert outcome.claimed_orders > 0
