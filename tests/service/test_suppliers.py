"""A supplier's sheet over HTTP: of the newest run, by id or name, for those with a key."""

import httpx
import pytest

from sluice import warehouse

ROWS = """
insert into planning.replenishments (as_of, policy) values ('2026-03-01', '{}'), ('2026-03-02', '{}');
insert into planning.planned_orders values
    (1, 'SH', 'OLD', '2026-03-01', 'odoo', 'erp', '17', 'Ningbo Lighting', 1, 2, 0, 5, 0, 9),
    (2, 'SH', 'LMP/1', '2026-03-09', 'odoo', 'erp', '17', 'Ningbo Lighting', 7.5, 12, 0, 24, 0, -3.5),
    (2, 'SH', 'LMP/1', '2026-03-02', 'odoo', 'erp', '17', 'Ningbo Lighting', 7, null, 6, 0, 0, 4),
    (2, 'SH', 'BULB', '2026-03-02', 'odoo', 'erp', '18', '佛山 A/B', 1, 1, 0, 0, 0, 1);
"""


@pytest.fixture(scope="module", autouse=True)
def said(warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url) as db:
        db.execute(ROWS)


@pytest.mark.parametrize("name", ["17", "Ningbo Lighting"])
def test_the_newest_runs_rows_by_week(client: httpx.Client, name: str) -> None:
    rows = client.get(f"/suppliers/{name}/sheet").raise_for_status().json()
    assert [(row["sku"], row["week_start"], row["planned_order"], row["projected_stock"]) for row in rows] == [
        ("LMP/1", "2026-03-02", 0, 4.0),
        ("LMP/1", "2026-03-09", 24, -3.5),
    ]
    assert rows[0]["forecast_q90"] is None


def test_a_name_may_hold_anything(client: httpx.Client) -> None:
    assert [row["sku"] for row in client.get("/suppliers/佛山 A/B/sheet").raise_for_status().json()] == ["BULB"]


def test_nobody_is_not_found_and_nobody_asks_without_a_key(client: httpx.Client, address: str) -> None:
    assert client.get("/suppliers/19/sheet").status_code == 404
    assert httpx.get(f"{address}/suppliers/17/sheet").status_code == 401
