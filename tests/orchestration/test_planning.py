"""The assets that decide, materialized as a run does it, on a real warehouse: what they made, and the plots that they carry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.resources import configuration
from sluice import warehouse
from tests.cli.command import user
from tests.cli.test_planning import DEMAND
from tests.conftest import DBT, copy_of

pytestmark = pytest.mark.timeout(600)
DECIDING = ("forecasts", "safety_stock", "stock_plan", "quotas", "reorder_policies", "replenishment_suggestions")
PLOT = "data:image/png;base64,"


@pytest.fixture
def shop(postgres: warehouse.Embedded, built_template: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A company with 120 days of demand and stock that is counted, which SLUICE_DATABASE_URL and SLUICE_CONFIG name."""
    with copy_of(postgres, built_template, DBT) as address:
        with warehouse.connect(address) as db:
            counted = datetime.now(UTC) - timedelta(minutes=5)
            db.execute("insert into ops.stock_feeds values ('SH', %s)", (counted,))
            for sku in ("LAMP", "SHADE"):
                db.execute("select ops.adjust_stock(%s, 'receipt', 'SH', %s, 20, %s)", (sku, sku, counted + timedelta(minutes=1)))
            db.execute(DEMAND)
        company = user(tmp_path, 100, address)
        monkeypatch.setenv("SLUICE_DATABASE_URL", address)
        monkeypatch.setenv("SLUICE_CONFIG", str(company.config))
        monkeypatch.setenv("SLUICE_HOME", str(company.home))
        configuration.cache_clear()
        yield address
        configuration.cache_clear()


def materialized(job: str, *assets: str) -> dict[str, Any]:
    """Metadata by asset."""
    chosen = [dg.AssetKey(["planning", name]) for name in assets] or None
    result = defs().resolve_job_def(job).execute_in_process(asset_selection=chosen)
    assert result.success
    made = (event.materialization for event in result.get_asset_materialization_events())
    return {one.asset_key.path[-1]: {name: value.value for name, value in one.metadata.items()} for one in made}


@pytest.mark.usefixtures("shop")
def test_what_decides_carries_its_plots() -> None:
    made = materialized("everything", *DECIDING)
    assert made.keys() == set(DECIDING)
    assert PLOT in made["forecasts"]["plot"]
    assert PLOT in made["safety_stock"]["service_against_stock"]
    assert (made["forecasts"]["fallbacks"], made["safety_stock"]["dagster/row_count"]) == (0, 2)
    assert made["replenishment_suggestions"]["buy"] == 2


@pytest.mark.usefixtures("shop")
def test_the_twin_is_an_asset_of_its_own_job() -> None:
    (made,) = materialized("simulate").values()
    assert PLOT in made["scenarios"]
    assert 0 <= made["in_force_stockout_rate"] <= 1
    assert made["worlds"] == 20
