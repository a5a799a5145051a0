"""The worked example of docs/stock.md, on the real ledger: each line of its table is what PostgreSQL says."""

import re
from datetime import timedelta
from pathlib import Path

import psycopg

from sluice.operations.explain import explain
from sluice.operations.explain_all import explain_all
from sluice.operations.verify import verify
from sluice.planning_policy import Planning
from tests.operations.small import Small

PAGE = Path(__file__).parents[2] / "docs" / "stock.md"
SHOPS = (("shopify", "main"), ("taobao", "flagship"))
ALL_TO_ALL = Planning.model_validate(
    {"rules": [{"percent": 100}], "quotas": [{"channel": channel, "shop": shop} for channel, shop in SHOPS]}
)
POSITION = """
select on_hand, committed, held, presale_reserve, presale_promised, available from ops.available
where facility_id = 'WH' and sku = 'A'
"""


def written() -> list[tuple[int, ...]]:
    """The table's numbers, a line a step."""
    table = PAGE.read_text(encoding="utf-8").split("## One example by hand")[1].split("##")[0]
    lines = re.findall(r"^\|(?: [^|]+\|)((?: \d+ \|){6})$", table, flags=re.MULTILINE)
    return [tuple(map(int, re.findall(r"\d+", line))) for line in lines]


def test_the_example_of_the_page_is_what_the_ledger_says(db: psycopg.Connection) -> None:
    it = Small(db)
    db.execute("delete from marts.demand_daily")  # nobody bought any yet: no safety stock
    db.commit()
    seen: list[tuple[int, ...]] = []

    def step() -> None:
        row = db.execute(POSITION).fetchone()
        db.commit()
        assert row
        seen.append(row)

    it.count({("WH", "A"): 20, ("WH", "B"): 7}, ago=timedelta(hours=2))
    step()
    it.order("taobao/flagship/T1", "WH", "A", 3)
    step()
    assert it.hold("cart-1", "A", 2)["state"] == "held"
    refused = it.hold("cart-2", "A", 16)
    assert (refused["state"], refused["short"]) == ("refused", [{"sku": "A", "wanted": 16, "available": 15}])
    step()
    it.buy("PO1", "WH", "A", 10)
    it.order("shopify/main/P1", "WH", "A", 4, presale=True)
    step()
    it.order("taobao/flagship/T1", "WH", "A", 0, shipped=3)
    step()
    it.buy("PO1", "WH", "A", 10, received=10)
    step()
    it.count({("WH", "A"): 30, ("WH", "B"): 7}, ago=timedelta(hours=1))
    step()
    db.execute("select ops.return_stock('r', 'taobao', 'flagship', 'T1', '1', 'A', 1, 'restock')")
    step()
    db.execute("select ops.adjust_stock('found', 'adjustment', 'WH', 'A', 5, now() - interval '3 hours')")
    step()
    assert seen == written()

    it.plan(ALL_TO_ALL)
    for channel, shop in SHOPS:
        told = explain(db, "A", channel, shop)[0]
        assert told.number == 22
        terms = {term.name: term for term in told.places[0].item.terms}
        assert [source["pieces"] for source in terms["on hand"].sources] == [30, -3, 1]
        assert (terms["held for checkouts"].pieces, terms["presale reserve"].pieces) == (-2, -4)
        assert explain(db, "SET", channel, shop)[0].number == 7
    db.commit()
    assert verify(db).differences == []
    assert explain_all(db).differences == []
