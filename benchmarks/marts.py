"""Building the marts: a full refresh, then what one per cent more orders cost, and a thousand more, at two sizes; DuckDB on one
of them as the limit.

Run: python -m benchmarks.marts [ORDERS ...] (100,000 and 1,000,000 unless told). Half the orders are Shopify's, half Taobao's,
two lines each, over three years, five orders a customer; the new ones are of the last days, as new orders are, by customers who
bought before. Everything runs on one durable embedded PostgreSQL in a temporary folder. CPU time is that of dbt and the server,
which other work on the machine distorts less than the clock.
"""

import contextlib
import itertools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.landing import raw_tables
from sluice.migrations.migrate import migrate

SIZES = [100_000, 1_000_000]
FEW = 1_000
"""New orders of the second incremental build: as many at each size, so that their cost tells what history alone adds."""
MARTS = ["run", "--select", "path:models/marts"]
CHANNELS = ("shopify", "taobao")
VIEWS = ["build", "--select", "path:seeds", *(f"path:models/staging/{name}" for name in CHANNELS), "path:models/unified"]
VIEWS += ["--resource-type", "model", "--resource-type", "seed"]
TABLES = ["fct_order_lines", "dim_products"]
"""What demand_daily reads, besides the recipes of bundles, of which there are none here."""

SHOPS = """
insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency) values
    ('taobao', 'flagship', 'T', 'marketplace', 'CNY', 'Asia/Shanghai', 'CNY'),
    ('shopify', 'main', 'S', 'own_shop', 'USD', 'America/Los_Angeles', 'CNY')
"""
# %(first)s to %(last)s are order numbers; each has its own second of [begin, end), and was landed then.
TIMES = """
create temporary table numbered on commit drop as
select n, n %% %(customers)s as customer,
    timestamptz %(begin)s + (n - %(first)s) * (timestamptz %(end)s - timestamptz %(begin)s) / %(count)s as at
from generate_series(%(first)s, %(last)s) as n
"""
CUSTOMERS = """
insert into raw.shopify_customers (shop, id, legacy_resource_id, created_at, updated_at,
    _received_at, _loaded_at, _file_id, _digest)
select 'main', n::text, n::text, at, at, at, at, 1, 'd'
from generate_series(0, %s - 1, 2) as n cross join (select timestamptz '2023-03-01' as at) as t
"""
ORDERS = [
    """
    insert into raw.shopify_orders (shop, id, legacy_resource_id, name, created_at, updated_at, processed_at, test, currency_code,
        taxes_included, tags, display_fulfillment_status, display_financial_status, return_status, customer_legacy_resource_id,
        total_price_set_shop_money_amount, total_shipping_price_set_shop_money_amount, total_refunded_set_shop_money_amount,
        _received_at, _loaded_at, _file_id, _digest)
    select 'main', n::text, (7000000000000 + n)::text, '#' || n, at, at, at, false, 'USD', true, '[]', 'FULFILLED', 'PAID',
        'NO_RETURN', customer::text, 30.15, 0, 0, at, at, 1, 'd'
    from numbered where n %% 2 = 0
    """,
    """
    insert into raw.shopify_orders__line_items (shop, _parent_legacy_resource_id, _position, id, title, quantity,
        current_quantity, is_gift_card, original_unit_price_set_shop_money_amount,
        original_unit_price_set_shop_money_currency_code, sku)
    select 'main', (7000000000000 + n)::text, line, 'gid://shopify/LineItem/' || n * 10 + line, 'Article', line + 1, line + 1,
        false, 10.05, 'USD', 'SKU-' || (n * 7 + line * 13) %% 500
    from numbered cross join generate_series(0, 1) as line where n %% 2 = 0
    """,
    """
    insert into raw.taobao_trades (shop, tid, status, created, modified, pay_time, consign_time, payment, total_fee,
        buyer_open_uid, _received_at, _loaded_at, _file_id, _digest)
    select 'flagship', (5000000000000000000 + n)::text, 'TRADE_FINISHED', local, local, local, local, 30.15, 30.15,
        'b' || customer, at, at, 1, 'd'
    from numbered cross join lateral (select to_char(at, 'YYYY-MM-DD HH24:MI:SS') as local) as times where n %% 2 = 1
    """,
    """
    insert into raw.taobao_trades__orders (shop, _parent_tid, _position, oid, status, num, price, num_iid, outer_iid,
        consign_time)
    select 'flagship', (5000000000000000000 + n)::text, line, (n * 10 + line)::text, 'TRADE_FINISHED', line + 1, 10.05, 'A',
        'SKU-' || (n * 7 + line * 13) %% 500, to_char(at, 'YYYY-MM-DD HH24:MI:SS')
    from numbered cross join generate_series(0, 1) as line where n %% 2 = 1
    """,
]


@dataclass(frozen=True)
class Build:
    """`wall` seconds of the whole dbt process; `cpu` seconds of that process and of the server meanwhile."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Result:
    orders: int
    full: Build
    incremental: Build
    few: Build
    start: Build
    postgres: float
    duckdb: float


def fill(db: psycopg.Connection, first: int, last: int, begin: str, end: str, customers: int) -> None:
    """Orders of these numbers, each landed at its own time: of those of an earlier build, ten minutes are read again."""
    span = {"first": first, "last": last, "count": last - first + 1, "begin": begin, "end": end, "customers": customers}
    with db.transaction(), psycopg.ClientCursor(db) as cursor:
        cursor.execute(TIMES, span)
        for statement in ORDERS:
            cursor.execute(statement, {})
    db.execute("vacuum analyze")


def build(server: warehouse.Embedded, url: str, args: Sequence[str]) -> Build:
    began, used = time.perf_counter(), cpu(server)
    dbt.run(url, args)
    return Build(time.perf_counter() - began, cpu(server) - used)


def cpu(server: warehouse.Embedded) -> float:
    """Seconds of CPU time of the server, as Linux tells them, and of the processes that we started and that have ended."""
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    postmaster = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = file.read_text().rpartition(")")[2].split()
            if file.parent.name == postmaster:
                # and of its processes that have ended
                ticks += sum(map(int, told[11:15]))
            elif told[1] == postmaster:
                ticks += int(told[11]) + int(told[12])
    return ours.ru_utime + ours.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def measure(server: warehouse.Embedded, orders: int) -> Result:
    name = f"orders_{orders}"
    with warehouse.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    url = server.url(name)
    migrate(url)
    with warehouse.connect(url, autocommit=True) as db:
        with db.transaction():
            raw_tables.ensure(db, [connectors()[name] for name in CHANNELS])
        db.execute(SHOPS)
        build(server, url, VIEWS)
        psycopg.ClientCursor(db).execute(CUSTOMERS, [orders // 5])
        fill(db, 1, orders, "2023-03-01", "2026-03-01", orders // 5)
        full = build(server, url, MARTS)
        db.execute("vacuum analyze")
        more = orders + orders // 100
        fill(db, orders + 1, more, "2026-03-01", "2026-03-08", orders // 5)
        incremental = build(server, url, MARTS)
        fill(db, more + 1, more + FEW, "2026-03-08", "2026-03-15", orders // 5)
        few = build(server, url, MARTS)
        counted = db.execute("select count(*) from marts.fct_orders").fetchone()
        assert counted == (more + FEW,), counted
        # nothing is built, so this is what starting dbt and parsing costs
        start = build(server, url, ["run", "--select", "dim_channels"])
        return Result(orders, full, incremental, few, start, *one_mart(db, name))


def one_mart(db: psycopg.Connection, name: str) -> tuple[float, float]:
    """Seconds that PostgreSQL and DuckDB take for the SQL of demand_daily over all orders, both in memory; the same rows."""
    dbt.run(db_url(db), ["compile", "--full-refresh", "--select", "demand_daily"])
    (path,) = (dbt.target() / "compiled").rglob("marts/stock/demand_daily.sql")
    query = path.read_text()
    other = duckdb.connect()
    other.execute(f"attach ':memory:' as {name}; create schema {name}.marts; create schema {name}.unified")
    with tempfile.TemporaryDirectory() as folder:
        for schema, table in [*(("marts", table) for table in TABLES), ("unified", "bundle_components")]:
            copied(db, other, f"{schema}.{table}", name, Path(folder) / f"{table}.csv")
    wrapped = f"select count(*), sum(quantity), sum(revenue_base) from ({query}) as demand"
    ours, postgres = timed(lambda: db.execute(wrapped.encode()).fetchone())
    theirs, seconds = timed(lambda: other.execute(wrapped).fetchone())
    # DuckDB divides decimals as floats: the sums agree to the cent
    assert ours[:2] == theirs[:2], (ours, theirs)
    assert abs(float(ours[2]) - float(theirs[2])) < 0.01, (ours, theirs)
    return postgres, seconds


def db_url(db: psycopg.Connection) -> str:
    info = db.info
    return f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"


def copied(db: psycopg.Connection, other: duckdb.DuckDBPyConnection, table: str, name: str, path: Path) -> None:
    columns = db.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 order by attnum",
        [table],
    ).fetchall()
    # DuckDB's bare numeric has three decimals
    kinds = ", ".join(f'"{column}" {"decimal(18, 4)" if kind == "numeric" else kind}' for column, kind in columns)
    with path.open("wb") as file, db.cursor().copy(f"copy (select * from {table}) to stdout (format csv)".encode()) as copy:
        for chunk in copy:
            file.write(chunk)
    other.execute(f"create table {name}.{table} ({kinds})")
    other.execute(f"copy {name}.{table} from '{path}' (format csv, auto_detect false)")


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    call()
    began = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - began


def main(sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SLUICE_HOME"] = folder
        server = warehouse.Embedded(Path(folder) / "postgres")
        server.start()
        try:
            results = [measure(server, size) for size in sizes]
        finally:
            server.stop()
    heads = [("orders", 10), ("full refresh", 22), ("1 % more", 22), (f"{FEW:,} more", 22), ("dbt start", 22)]
    print(*(f"{head:>{width}}" for head, width in heads), "   demand_daily in PostgreSQL / DuckDB")
    for one in results:
        builds = " ".join(
            f"{each.wall:>8.1f} s {each.cpu:>5.1f} s CPU" for each in (one.full, one.incremental, one.few, one.start)
        )
        print(f"{one.orders:>10,} {builds} {one.postgres:>12.2f} s / {one.duckdb:.2f} s = {one.postgres / one.duckdb:.1f}x")
    for smaller, larger in itertools.pairwise(results):
        both = f"{larger.orders:,} against {smaller.orders:,} orders"
        for new, large, small in (
            ("1 %", larger.incremental, smaller.incremental),
            (f"{FEW:,}", larger.few, smaller.few),
        ):
            ratios = f"{large.wall / small.wall:.2f}x by the clock, {large.cpu / small.cpu:.2f}x of CPU time"
            print(f"incremental build after {new} more at {both}: {ratios} (aim: at most 1.3x)")
    for one in results:
        print(f"incremental against full refresh at {one.orders:,} orders: {one.full.wall / one.incremental.wall:.1f}x faster")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
