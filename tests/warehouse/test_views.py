"""The unified views: what each channel's staging must give them, and look-ups that cost milliseconds among 100,000 orders."""

import json
from typing import Any

import pytest
import yaml

from sluice.project import DBT_PROJECT
from tests.warehouse.conftest import Warehouse

pytestmark = pytest.mark.timeout(600)

ORDERS = 100_000
FEW = 200
"""Pages that a look-up may read: an order takes 24 at most, a customer with 100 trades 102. A table of 100,000 rows has 1,700."""
INDEXED = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
ENTITIES = sorted(path.stem for path in (DBT_PROJECT / "models" / "unified").glob("*.sql"))

TAOBAO = f"""
insert into raw.taobao_trades (shop, tid, status, created, modified, pay_time, payment, total_fee, buyer_open_uid,
    _received_at, _loaded_at, _file_id, _digest)
select 'flagship', (5000000000000000000 + n)::text, 'TRADE_FINISHED', '2026-03-01 10:00:00', '2026-03-01 10:00:00',
    '2026-03-01 10:00:00', 20.10, 20.10, 'b' || n % 1000, now(), now(), 1, 'd'
from generate_series(1, {ORDERS}) as n;
insert into raw.taobao_trades__orders (shop, _parent_tid, _position, oid, status, num, price, num_iid, outer_iid)
select 'flagship', (5000000000000000000 + n)::text, line, (n * 10 + line)::text, 'TRADE_FINISHED', 1, 10.05, 'A', 'A'
from generate_series(1, {ORDERS}) as n, generate_series(0, 1) as line;
insert into raw.taobao_refunds (shop, refund_id, tid, oid, status, created, modified, refund_fee,
    _received_at, _loaded_at, _file_id, _digest)
select 'flagship', n::text, (5000000000000000000 + n)::text, (n * 10)::text, 'SUCCESS', '2026-03-02 10:00:00',
    '2026-03-02 10:00:00', 5, now(), now(), 1, 'd'
from generate_series(1, {ORDERS}, 20) as n;
"""
SHOPIFY = f"""
insert into raw.shopify_orders (shop, id, legacy_resource_id, name, created_at, updated_at, processed_at, test, currency_code,
    taxes_included, tags, display_fulfillment_status, display_financial_status, return_status, total_price_set_shop_money_amount,
    total_shipping_price_set_shop_money_amount, total_refunded_set_shop_money_amount, _received_at, _loaded_at, _file_id, _digest)
select 'main', n::text, (7000000000000 + n)::text, '#' || n, now(), now(), now(), false, 'USD', true, '[]', 'FULFILLED', 'PAID',
    'NO_RETURN', 20.10, 0, 0, now(), now(), 1, 'd'
from generate_series(1, {ORDERS}) as n;
insert into raw.shopify_orders__line_items (shop, _parent_legacy_resource_id, _position, id, title, quantity, current_quantity,
    is_gift_card, original_unit_price_set_shop_money_amount, original_unit_price_set_shop_money_currency_code, sku)
select 'main', (7000000000000 + n)::text, line, 'gid://shopify/LineItem/' || n * 10 + line, 'A', 1, 1, false, 10.05, 'USD', 'A'
from generate_series(1, {ORDERS}) as n, generate_series(0, 1) as line;
"""
FILE = f"""
insert into raw.file_orders (shop, order_id, version, currency, order_kind, order_status, payment_status, fulfilment_status,
    is_presale, ordered_at, total_amount, _received_at, _loaded_at, _file_id, _digest)
select 'hangzhou', 'F' || n, '1', 'CNY', 'sale', 'open', 'paid', 'shipped', false, '2026-03-01T10:00:00', 20.10, now(),
    now(), 1, 'd'
from generate_series(1, {ORDERS}) as n;
insert into raw.file_order_lines (shop, order_id, part, version, currency, order_kind, order_status, payment_status,
    fulfilment_status, is_presale, ordered_at, _received_at, _loaded_at, _file_id, _digest)
select 'hangzhou', 'F' || n, '', '1', 'CNY', 'sale', 'open', 'paid', 'shipped', false, '2026-03-01T10:00:00', now(),
    now(), 1, 'd'
from generate_series(1, {ORDERS}) as n;
insert into raw.file_order_lines__lines (shop, _parent_order_id, _parent_part, _position, line_id, line_kind, sku, quantity,
    unit_price)
select 'hangzhou', 'F' || n, '', line, line::text, 'product', 'A', 1, 10.05
from generate_series(1, {ORDERS}) as n, generate_series(0, 1) as line;
"""
SHOPS = """
insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency) values
    ('taobao', 'flagship', 'T', 'marketplace', 'CNY', 'Asia/Shanghai', 'CNY'),
    ('shopify', 'main', 'S', 'own_shop', 'USD', 'America/Los_Angeles', 'CNY'),
    ('file', 'hangzhou', 'F', 'store', 'CNY', 'Asia/Shanghai', 'CNY'),
    ('odoo', 'erp', 'O', 'erp', 'CNY', 'Asia/Shanghai', 'CNY');
"""
KNOWN = {
    "taobao": ("flagship", "5000000000000000777"),
    "shopify": ("main", "7000000000777"),
    "file": ("hangzhou", "F777"),
}


@pytest.fixture(scope="module")
def views(house: Warehouse) -> Warehouse:
    house.db.execute(SHOPS)
    house.dbt(
        "build", "--select", "path:seeds", "path:models/staging", "path:models/unified",
        "--resource-type", "model", "--resource-type", "seed",
    )  # fmt: skip
    house.db.execute(TAOBAO + SHOPIFY + FILE)
    house.db.execute("analyze")
    return house


def columns(house: Warehouse, schema: str, view: str) -> list[tuple[str, str]]:
    return house.rows(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " order by attnum",
        f"{schema}.{view}",
    )


def keys(house: Warehouse, schema: str, view: str) -> list[str]:
    """Columns that are compared byte by byte."""
    return house.value(  # type: ignore[no-any-return]
        "select coalesce(array_agg(attname::text order by attnum), '{}') from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and attcollation = 'pg_catalog.\"C\"'::regcollation",
        f"{schema}.{view}",
    )


@pytest.mark.parametrize("entity", ENTITIES)
def test_views_are_as_described(views: Warehouse, entity: str) -> None:
    """Name, type and place of every column of a unified view are those that its yml gives."""
    (model,) = yaml.safe_load((DBT_PROJECT / "models" / "unified" / f"{entity}.yml").read_text())["models"]
    assert columns(views, "unified", entity) == [(column["name"], column["data_type"]) for column in model["columns"]]


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if not entity.endswith(("_changes", "_keys"))])
def test_every_channel_gives_the_same_columns(views: Warehouse, entity: str) -> None:
    """Under another type or another order of text in one branch, PostgreSQL would compute the whole union before it looks."""
    wanted = columns(views, "unified", entity)
    named = "select viewname from pg_views where schemaname = 'staging' and viewname like %s"
    found = views.rows(named, f"stg\\_%\\_\\_{entity}")
    assert found
    for (view,) in found:
        given = columns(views, "staging", view)
        assert given == wanted, view
        assert {name for name, _ in given} & {"shop", "order_id"} <= set(keys(views, "staging", view)), view


def explained(house: Warehouse, query: str, parameters: tuple[Any, ...]) -> tuple[int, list[dict[str, Any]]]:
    """Pages that the query read, in memory or not, and the scans of its plan. A time would tell of what else the machine does."""
    (plan,) = house.value("explain (analyze, buffers, format json) " + query, *parameters)
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"], list(scans(plan["Plan"]))


def scans(node: dict[str, Any]) -> Any:
    if "Relation Name" in node:
        yield node
    for child in node.get("Plans", []):
        yield from scans(child)


LOOK_UPS = [(entity, channel) for entity in ("orders", "order_lines", "payments", "refunds", "shipments") for channel in KNOWN]


@pytest.mark.parametrize(("entity", "channel"), LOOK_UPS)
def test_look_up_of_one_order_reads_its_own_rows(views: Warehouse, entity: str, channel: str) -> None:
    shop, order_id = KNOWN[channel]
    query = f"select * from unified.{entity} where channel = %s and shop = %s and order_id = %s"
    pages, found = explained(views, query, (channel, shop, order_id))
    whole = [scan["Relation Name"] for scan in found if scan["Actual Rows"] * scan["Actual Loops"] > 1_000]
    read = {scan["Relation Name"] for scan in found if scan["Actual Loops"] > 0 and scan["Relation Name"] not in ("shops",)}
    assert whole == [], json.dumps(found, indent=1)
    assert all(scan["Node Type"] != "Seq Scan" for scan in found if size(views, scan["Relation Name"]) > 1_000)
    assert {name.split("_")[0] for name in read} <= {channel, "channel"}, "another channel's tables were read"
    assert pages < FEW


def scanned(house: Warehouse, found: list[dict[str, Any]]) -> set[str]:
    """The large tables that were read whole."""
    return {
        scan["Relation Name"] for scan in found if "Seq Scan" in scan["Node Type"] and size(house, scan["Relation Name"]) > 1_000
    }


def size(house: Warehouse, table: str) -> int:
    return house.value("select max(reltuples)::int from pg_class where relname = %s", table)


CHANGED = {
    "shopify": "update raw.shopify_orders set _loaded_at = now() + interval '1 day' where legacy_resource_id like '%77'",
    "taobao": "update raw.taobao_trades set _loaded_at = now() + interval '1 day' where tid like '%77'",
    "file": "update raw.file_orders set _loaded_at = now() + interval '1 day' where order_id like '%77'",
}


@pytest.mark.parametrize("channel", CHANGED)
def test_changed_orders_are_found_by_index(views: Warehouse, channel: str) -> None:
    """What an incremental build asks first."""
    views.db.execute(CHANGED[channel])
    views.db.execute("analyze")
    query = "select shop, order_id from unified.order_changes where channel = %s and loaded_at > now() + interval '1 hour'"
    _, found = explained(views, query, (channel,))
    assert scanned(views, found) == set()
    (changed,) = views.rows("select count(distinct order_id) from (" + query + ") as changes", channel)
    assert changed == (ORDERS // 100,)


def test_changed_customers_are_found_by_index(views: Warehouse) -> None:
    """A buyer is named by each of the trades, so that the newest of many has to be found by when it was landed."""
    views.db.execute(CHANGED["taobao"])
    views.db.execute("analyze")
    query = "select shop, customer_id from unified.customer_changes where loaded_at > now() + interval '1 hour'"
    _, found = explained(views, query, ())
    assert scanned(views, found) == set()
    # 1,000 buyers in turn; the trades whose number ends with 77 are of ten of them
    assert {customer for _, customer in views.rows(query)} == {f"b{n}" for n in range(77, 1_000, 100)}


def test_look_up_of_one_customer_reads_its_own_trades(views: Warehouse) -> None:
    query = "select * from unified.customers where channel = %s and shop = %s and customer_id = %s"
    pages, found = explained(views, query, ("taobao", "flagship", "b777"))
    assert scanned(views, found) == set()
    assert [scan["Actual Rows"] for scan in found if scan["Relation Name"] == "taobao_trades"] == [ORDERS // 1_000]
    assert pages < FEW


def test_orders_are_found_by_an_array_of_ids(views: Warehouse) -> None:
    """How landing reads back the orders that it has just written."""
    shop, order_id = KNOWN["shopify"]
    query = "select * from unified.order_lines where channel = 'shopify' and shop = %s and order_id = any(%s)"
    _, found = explained(views, query, (shop, [order_id, "7000000000001"]))
    assert {scan["Node Type"] for scan in found if size(views, scan["Relation Name"]) > 1_000} <= INDEXED
