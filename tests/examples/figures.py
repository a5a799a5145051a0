"""What each example's file adds up to, computed straight from it by DuckDB: by kind of order (orders, lines, units, revenue)."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
"""Where SLUICE_DATA points unless it is set: what the examples' README says."""


@dataclass(frozen=True)
class Figures:
    orders: int
    lines: int
    units: int
    revenue: Decimal


@dataclass(frozen=True)
class Example:
    """`sql` gives kind, orders, lines, units, revenue of the files that match `files` under the data folder.

    `quarantined` are orders whose id was damaged before it came to us.
    """

    name: str
    folder: str
    sql: str
    quarantined: int = 0

    @property
    def config(self) -> Path:
        return ROOT / "examples" / self.name / "sluice.yaml"

    def figures(self, data: Path) -> dict[str, Figures]:
        sql = self.sql.format(folder=data / self.folder)
        return {row[0]: Figures(row[1], row[2], int(row[3]), Decimal(row[4])) for row in duckdb.sql(sql).fetchall()}


RETAIL = """
with lines as (
    select Invoice as invoice, StockCode as code, Quantity::int as quantity, Price::decimal(18, 4) as price from {source}
),
invoices as (
    select
        invoice,
        case
            when invoice[1] = 'C' then 'cancellation'
            when invoice[1] = 'A' then 'bad_debt'
            when bool_and(code[:4] = 'TEST') then 'test'
            when bool_and(quantity < 0) or bool_and(price <= 0) then 'adjustment'
            when bool_and(code in ('ADJUST', 'ADJUST2', 'BANK CHARGES', 'AMAZONFEE', 'B')) then 'adjustment'
            else 'sale'
        end as kind
    from lines
    group by invoice
)
select kind, count(distinct invoice), count(*), sum(quantity), round(sum(quantity * price), 2)
from lines inner join invoices using (invoice)
group by kind
"""

EXAMPLES = (
    Example("sample", "", RETAIL.format(source="read_csv('{folder}/online_retail_*.csv', all_varchar = true)")),
    Example("online_retail", "online_retail", RETAIL.format(source="'{folder}/*.parquet'")),
    Example(
        "olist",
        "olist/nine_table_3k",
        """
        select
            'sale',
            (select count(*) from read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true)),
            count(*),
            count(*),
            sum(price::decimal(18, 2) + freight_value::decimal(18, 2))
        from read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
        """,
    ),
    Example(
        "tmall",
        "tmall",
        """
        select 'sale', count(distinct "订单编号"), 0, 0, sum("总金额"::decimal(18, 2))
        from read_csv('{folder}/tmall_order_report_*.csv', all_varchar = true)
        """,
    ),
    Example(
        "completejourney",
        "completejourney",
        """
        with baskets as (
            select
                case when max(quantity) <= 0 then 'adjustment' else 'sale' end as kind,
                count(*) as lines, sum(quantity) as units, sum(sales_value::decimal(18, 6)) as revenue
            from '{folder}/transactions_sample.parquet'
            where basket_id not like '%e+%'
            group by basket_id
        )
        select kind, count(*), sum(lines), sum(units), round(sum(revenue), 2) from baskets group by kind
        """,
        quarantined=1,
    ),
)
