"""A SKU's stock with the quotas of the newest plan that was finished."""

import httpx
import pytest

from sluice import warehouse

ROWS = """
insert into marts.stock_position values
    ('WH-SH', 'LMP/1', 120, 14, 2, 200, '2026-03-12', '2026-03-01 10:00+08'), ('WH-GZ', 'LMP/1', 7, 0, 0, 0, null, '2026-03-01');
insert into planning.runs (as_of, policy) values ('2026-02-27', '{}'), ('2026-02-28', '{}'), ('2026-03-01', '{}');
insert into planning.quotas (run_id, facility_id, sku, channel, shop, quota, published, rule) values
    (1, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 1, 1, 'old'), (2, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 40, 52, 'weight'),
    (2, 'WH-SH', 'LMP/1', 'shopify', 'main', 30, 42, 'weight'), (2, 'WH-SH', 'OTHER', 'shopify', 'main', 9, 9, 'weight'),
    (3, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 3, 3, 'unfinished');
update planning.runs set finished_at = now() where run_id in (1, 2);
"""


@pytest.fixture(scope="module")
def stock(warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url) as db:
        db.execute(ROWS)


@pytest.mark.usefixtures("stock")
def test_stock_and_newest_finished_quotas(client: httpx.Client) -> None:
    answer = client.get("/stock/LMP/1").raise_for_status().json()
    assert [(one["facility_id"], one["on_hand"], one["committed"]) for one in answer["facilities"]] == [
        ("WH-GZ", 7, 0),
        ("WH-SH", 120, 14),
    ]
    assert answer["facilities"][1]["as_of"] == "2026-03-01T02:00:00Z"
    assert (answer["plan"]["run_id"], answer["plan"]["as_of"]) == (2, "2026-02-28")
    quotas = [(one["channel"], one["quota"], one["published"]) for one in answer["plan"]["quotas"]]
    assert quotas == [("shopify", 30, 42), ("taobao", 40, 52)]


@pytest.mark.usefixtures("stock")
def test_unknown_sku(client: httpx.Client) -> None:
    answer = client.get("/stock/NOPE")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no facility has or ever had the SKU NOPE")
