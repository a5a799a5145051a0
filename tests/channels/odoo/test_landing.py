"""From the ERP to the staging views: landed twice, with what vanished gone, and equal to the world that the sandbox tells."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.odoo.connector import CONNECTOR, MODELS
from sluice.landing import raw_tables
from sluice.landing.land import Landed, land
from sluice.sandbox.host import hosted
from sluice.sandbox.odoo.models import frame
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.odoo.server import connection
from tests.conftest import DBT, copy_of
from tests.sandbox.worlds import world


def land_all(db: psycopg.Connection, url: str) -> dict[str, Landed]:
    found = connection(f"{url}/odoo", page_size=200)
    return {stream.name: land(db, CONNECTOR, found, stream) for stream in (model.stream for model in MODELS)}


@pytest.fixture(scope="module")
def landed(
    postgres: warehouse.Embedded, template: str, dbt_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[psycopg.Connection, SandboxState, list[dict[str, Landed]], str]]:
    """The ERP landed, landed again, and once more after a month has passed; then its staging views."""
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as address:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("home")))
        state = SandboxState(world(), AS_OF - timedelta(days=60))
        with warehouse.connect(address) as db, hosted(state) as url:
            raw_tables.ensure(db, [CONNECTOR])
            db.execute(
                "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
                " values ('odoo', 'erp', 'ERP', 'erp', 'CNY', 'Asia/Shanghai', 'CNY')"
            )
            db.commit()
            runs = [land_all(db, url), land_all(db, url)]
            state.advance(30)
            runs.append(land_all(db, url))
            report = dbt.run(address, ["build", "--select", "path:models/staging/odoo", "channel_status_map"])
            yield db, state, runs, report


Landing = tuple[psycopg.Connection, SandboxState, list[dict[str, Landed]], str]


def rows(db: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    found = db.execute(query).fetchall()
    db.rollback()
    return found


def test_a_second_run_lands_nothing_new(landed: Landing) -> None:
    _, _, (first, second, _), _ = landed
    assert all(run.new > 0 and run.quarantined == 0 for run in first.values())
    assert {name: (run.new, run.changed, run.deleted) for name, run in second.items()} == dict.fromkeys(second, (0, 0, 0))
    assert second["purchase_order_lines"].delivered < first["purchase_order_lines"].delivered / 10, "only what is new is read"


def test_quants_that_vanished_are_gone(landed: Landing) -> None:
    db, state, (_, _, third), _ = landed
    assert third["quants"].deleted > 0
    held = rows(db, "select id::bigint from raw.odoo_quants where _deleted_at is null order by 1")
    assert [id for (id,) in held] == frame(state, "stock.quant")["id"].to_list()


def test_the_checks_of_the_staging_models_pass(landed: Landing) -> None:
    assert "ERROR=0" in landed[3]
    assert "WARN=0" in landed[3]


def test_stock_is_the_worlds(landed: Landing) -> None:
    db, state, _, _ = landed
    truth = state.world.stock(state.now).filter(pl.col("on_hand") > 0).sort("facility_id", "sku")
    found = rows(db, "select facility_id, sku, on_hand from staging.stg_odoo__stock order by facility_id, sku")
    assert found == truth.select("facility_id", "sku", "on_hand").rows()


def test_products_are_the_worlds_catalogue(landed: Landing) -> None:
    db, state, _, _ = landed
    truth = state.world.products.sort("sku").select(
        "sku", "title", "category", (pl.col("price_minor")).alias("price"), pl.col("cost_minor").alias("cost"), "weight_g"
    )
    found = rows(
        db,
        "select sku, title, category, (price * 100)::bigint, (cost * 100)::bigint, weight_g, status, currency"
        ' from staging.stg_odoo__products order by sku collate "C"',
    )
    assert [row[:6] for row in found] == truth.rows()
    assert {row[7] for row in found} == {"CNY"}
    active = state.world.products.filter(pl.col("launched_at") <= state.now).height
    assert [row[6] for row in found].count("active") == active


def test_facilities_are_the_worlds(landed: Landing) -> None:
    db, state, _, _ = landed
    columns = "facility_id, name, kind, country, region, city, priority"
    found = rows(db, f"select {columns} from staging.stg_odoo__facilities order by priority")
    assert found == state.world.facilities.sort("priority").select(columns.split(", ")).rows()


def test_purchases_are_the_worlds(landed: Landing) -> None:
    db, state, _, _ = landed
    lines = state.world.purchase_orders_at(state.now)
    truth = lines.select(
        "sku", "facility_id", "supplier", "quantity", "unit_cost_minor",
        pl.when(pl.col("received_at").is_not_null()).then("quantity").otherwise(0).alias("received"),
        pl.when(pl.col("received_at").is_not_null()).then(pl.lit("received")).otherwise(pl.lit("open")).alias("status"),
        *(pl.col(name).dt.truncate("1s") for name in ("ordered_at", "expected_at", "received_at")),
    )  # fmt: skip
    found = rows(
        db,
        "select sku, facility_id, supplier, quantity, (unit_cost * 100)::bigint, received_quantity, status, ordered_at,"
        " expected_at, received_at from staging.stg_odoo__purchase_order_lines order by line_id::bigint",
    )
    assert found == truth.rows()
    assert {row[6] for row in found} == {"open", "received"}


def test_kits_are_the_worlds(landed: Landing) -> None:
    db, state, _, _ = landed
    found = rows(db, "select bundle_sku, component_sku, quantity from staging.stg_odoo__bundle_components order by 1, 2")
    assert found == state.world.components.sort("bundle_sku", "component_sku").rows()


def test_a_line_deleted_from_a_draft_is_no_purchase(landed: Landing) -> None:
    db, _, _, _ = landed
    count = "select count(*) from staging.stg_odoo__purchase_order_lines"
    with db.transaction(force_rollback=True):
        before = db.execute(count).fetchone()
        db.execute("update raw.odoo_purchase_orders set order_line = order_line - 0 where id = '1'")
        assert db.execute(count).fetchone() == (before[0] - 1,)
        db.execute("update raw.odoo_purchase_order_lines set write_date = write_date + interval '1 day' where order_id_id = '1'")
        assert db.execute(count).fetchone() == before, "a line written after its order was added since"
