"""A SKU's stock as the ledger stands, with the quotas of the decision in force at each facility."""

import httpx
import pytest

from sluice import warehouse

ROWS = """
insert into ops.stock_feeds values ('WH-SH', now() - interval '1 hour'), ('WH-GZ', now() - interval '3 days');
select ops.lock_items(array['WH-SH', 'WH-GZ', 'WH-SH'], array['LMP/1', 'LMP/1', 'BULB']);
insert into ops.stock_movements
    (occurred_at, facility_id, sku, kind, quantity, on_hand, committed, held, presale_reserve, presale_promised, unsellable)
values
    (now(), 'WH-SH', 'LMP/1', 'snapshot', 120, 120, 0, 0, 0, 0, 0), (now(), 'WH-SH', 'LMP/1', 'reserve', 14, 0, 14, 0, 0, 0, 0),
    (now(), 'WH-SH', 'LMP/1', 'hold', 2, 0, 0, 2, 0, 0, 0), (now(), 'WH-SH', 'LMP/1', 'presale_reserve', 9, 0, 0, 0, 0, 9, 0),
    (now(), 'WH-SH', 'LMP/1', 'presale_activate', 4, 0, 0, 0, 4, -4, 0), (now(), 'WH-SH', 'LMP/1', 'return', 1, 0, 0, 0, 0, 0, 1),
    (now(), 'WH-GZ', 'LMP/1', 'snapshot', 7, 7, 0, 0, 0, 0, 0), (now(), 'WH-SH', 'BULB', 'snapshot', 31, 31, 0, 0, 0, 0, 0);
insert into ops.incoming (channel, shop, po_id, line_id, facility_id, sku, quantity, received_quantity, status, expected_at)
values
    ('odoo', 'erp', 'P1', '1', 'WH-SH', 'LMP/1', 200, 50, 'open', '2026-03-12'),
    ('odoo', 'erp', 'P2', '1', 'WH-SH', 'LMP/1', 20, 0, 'open', '2026-04-12'),
    ('odoo', 'erp', 'P3', '1', 'WH-SH', 'LMP/1', 20, 0, 'cancelled', '2026-01-12'),
    ('odoo', 'erp', 'P4', '1', 'WH-HK', 'LMP/1', 5, 0, 'open', null);
insert into planning.runs (as_of, policy, kind, base_run_id) values
    ('2026-02-28', '{}', 'plan', null), ('2026-02-28', '{}', 'event', 1), ('2026-03-01', '{}', 'plan', null);
insert into planning.stock_plan (run_id, facility_id, sku, on_hand, safety_stock, presale_reserve, committed, quota_total,
    shared_pool, oversold, held, movement_id) values
    (1, 'WH-SH', 'LMP/1', 120, 15, 0, 14, 40, 51, 0, 0, 2), (2, 'WH-SH', 'LMP/1', 120, 15, 4, 14, 70, 15, 0, 2, 5),
    (1, 'WH-GZ', 'LMP/1', 7, 2, 0, 0, 5, 0, 0, 0, 7);
insert into planning.safety_stock values
    (1, 'WH-SH', 'LMP/1', 2, 2, 9, 2, 0.95, 'by hand', 15, 33), (1, 'WH-GZ', 'LMP/1', 1, 1, 1, 1, 0.9, 'by hand', 2, 3);
insert into planning.quotas (run_id, facility_id, sku, channel, shop, quota, published, protected, rule) values
    (1, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 1, 1, 0, 'old'), (2, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 40, 52, 3, 'weight'),
    (2, 'WH-SH', 'LMP/1', 'shopify', 'main', 30, 45, 0, 'weight'), (2, 'WH-SH', 'OTHER', 'shopify', 'main', 9, 9, 0, 'weight'),
    (1, 'WH-GZ', 'LMP/1', 'taobao', 'flagship', 5, 5, 0, 'weight'),
    (3, 'WH-SH', 'LMP/1', 'taobao', 'flagship', 3, 3, 0, 'not in force');
update planning.runs set finished_at = now() where run_id in (1, 2);
insert into planning.decided values ('WH-SH', 'LMP/1', 2, 5), ('WH-GZ', 'LMP/1', 1, 7);
insert into ops.kits values ('SET', 'LMP/1', 1), ('SET', 'BULB', 3);
"""


@pytest.fixture(scope="module")
def stock(warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url) as db:
        db.execute(ROWS)


@pytest.mark.usefixtures("stock")
def test_stock_is_the_ledgers_with_what_is_incoming(client: httpx.Client) -> None:
    gz, hk, sh = client.get("/stock/LMP/1").raise_for_status().json()["facilities"]
    numbers = ("on_hand", "committed", "held", "presale_reserve", "presale_promised", "unsellable", "safety_stock", "available")
    assert [sh[name] for name in numbers] == [120, 14, 2, 4, 5, 1, 15, 120 - 14 - 2 - 4 - 15]
    assert (sh["incoming_quantity"], sh["next_expected_at"]) == (170, "2026-03-12T00:00:00Z")
    assert (gz["on_hand"], gz["available"], gz["incoming_quantity"]) == (7, 5, 0)
    assert (sh["is_known"], gz["is_known"]) == (True, False), "three days are too old a count"
    assert gz["counted_at"] < sh["counted_at"]
    assert (hk["facility_id"], hk["on_hand"], hk["incoming_quantity"], hk["is_known"]) == ("WH-HK", 0, 5, False)
    assert (hk["counted_at"], hk["decision"]) == (None, None)


@pytest.mark.usefixtures("stock")
def test_quotas_are_those_in_force_at_each_facility(client: httpx.Client) -> None:
    found = {one["facility_id"]: one["decision"] for one in client.get("/stock/LMP/1").json()["facilities"]}
    assert (found["WH-SH"]["run_id"], found["WH-SH"]["kind"]) == (2, "event")
    assert (found["WH-GZ"]["run_id"], found["WH-GZ"]["kind"]) == (1, "plan")
    quotas = [(one["channel"], one["quota"], one["protected"], one["published"]) for one in found["WH-SH"]["quotas"]]
    assert quotas == [("shopify", 30, 0, 45), ("taobao", 40, 3, 52)]


@pytest.mark.usefixtures("stock")
def test_a_movement_shows_at_once(client: httpx.Client, warehouse_url: str) -> None:
    before = client.get("/stock/BULB").json()["facilities"][0]["available"]
    with warehouse.connect(warehouse_url) as db:
        db.execute("select ops.adjust_stock('found-one', 'adjustment', 'WH-SH', 'BULB', 1)")
    assert client.get("/stock/BULB").json()["facilities"][0]["available"] == before + 1


@pytest.mark.usefixtures("stock")
def test_a_bundle_is_worth_its_scarcest_component(client: httpx.Client) -> None:
    answer = client.get("/stock/SET").raise_for_status().json()
    assert answer["components"] == [{"sku": "BULB", "quantity": 3}, {"sku": "LMP/1", "quantity": 1}]
    assert answer["facilities"] == []
    assert answer["bundles"] == [{"facility_id": "WH-SH", "available": 10, "scarcest": "BULB", "is_known": True}]


@pytest.mark.usefixtures("stock")
def test_unknown_sku(client: httpx.Client) -> None:
    answer = client.get("/stock/NOPE")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no facility has or ever had the SKU NOPE")
