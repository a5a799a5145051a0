"""A company small enough to reckon by hand: the real ledger, decisions and outbox, on tables that say what a test wants."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from sluice.channels.protocol import Answer, Quota
from sluice.operations.decide import decide
from sluice.operations.outbox import Outlet
from sluice.operations.publish import deliver
from sluice.operations.republish import Republisher
from sluice.planning_policy import Planning

TABLES = Path(__file__).with_name("small.sql").read_text(encoding="utf-8")
OUTLETS = (Outlet("shopify", "main", by_facility=True), Outlet("taobao", "flagship", by_facility=False))
POLICY = Planning.model_validate(
    {
        "pool_share": 0.3,
        "service_level": 0.9,
        "lead_time_days": 3,
        "lead_time_sd_days": 1,
        "review_period_days": 1,
        "horizon_days": 5,
        "quotas": [
            {"channel": "shopify", "shop": "main", "priority": 1, "min": 2},
            {"channel": "taobao", "shop": "flagship", "priority": 2, "max": 15},
        ],
    }
)


class Taking:
    """A channel that takes every number, and shows it when asked."""

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        for quota in quotas:
            yield Answer(quota.decision_id, True, "taken", quota.quantity)


class Small:
    """Things that happen to the company, one after the other."""

    def __init__(self, db: psycopg.Connection, outlets: Sequence[Outlet] = OUTLETS) -> None:
        self.db = db
        self.outlets = outlets
        db.execute(TABLES)
        db.commit()

    def now(self) -> datetime:
        row = self.db.execute("select clock_timestamp()").fetchone()
        self.db.commit()
        assert row
        return row[0]  # type: ignore[no-any-return]

    def count(self, stock: dict[tuple[str, str], int], ago: timedelta = timedelta(0)) -> None:
        """The warehouse system counted these (facility, SKU), and nothing else is there."""
        self.db.execute("delete from unified.stock")
        with self.db.cursor() as cursor:
            cursor.executemany(
                "insert into unified.stock values ('odoo', 'erp', %s, %s, %s, clock_timestamp() - %s, now())",
                [(facility, sku, pieces, ago) for (facility, sku), pieces in stock.items()],
            )
        self.take_in()

    def buy(self, po: str, facility: str, sku: str, quantity: int, received: int = 0, expected: str = "2026-12-01") -> None:
        """A purchase order's line as it stands now."""
        self.db.execute("delete from unified.purchase_order_lines where po_id = %s", (po,))
        self.db.execute(
            "insert into unified.purchase_order_lines values ('odoo', 'erp', %s, '1', 'sup', %s, %s, %s, %s, %s, now(), %s, %s)",
            (po, facility, sku, quantity, received, "received" if received >= quantity else "open", expected,
             None if not received else self.now()),
        )  # fmt: skip
        self.take_in()

    def take_in(self) -> None:
        self.db.execute("select ops.absorb_supply()")
        self.db.commit()

    def order(self, name: str, facility: str, sku: str, pieces: int, shipped: int = 0, presale: bool = False) -> None:
        """An accepted order of one line as it stands now: `pieces` it still holds, `shipped` that left."""
        channel, shop, order_id = name.split("/")
        self.db.execute("select ops.lock_items(array[%s], array[%s])", (facility, sku))
        self.db.execute(
            "select ops.move_lines(%s, %s, array[(%s, '1', %s, %s, %s, %s, %s, 0, now(), now(), now())::ops.line_stock])",
            (channel, shop, order_id, sku, facility, pieces, presale, shipped),
        )
        self.db.execute("select ops.date_promises(array[%s], array[%s])", (facility, sku))
        self.db.commit()

    def hold(self, hold_id: str, sku: str, pieces: int, shop: str = "main") -> dict[str, object]:
        row = self.db.execute(
            "select ops.hold(%s, 'shopify', %s, jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', %s::int)))",
            (hold_id, shop, sku, pieces),
        ).fetchone()
        self.db.commit()
        assert row
        return row[0]  # type: ignore[no-any-return]

    def plan(self, policy: Planning = POLICY) -> int:
        """Decide everything and tell the channels; the run."""
        run = decide(self.db, policy, self.outlets).run_id
        self.db.commit()
        self.tell()
        return run

    def republish(self) -> int | None:
        """Decide what moved and tell the channels; the run."""
        done = Republisher(self.db, self.outlets).decide(sweep=True)
        self.db.commit()
        self.tell()
        return done.run_id

    def tell(self) -> None:
        for outlet in self.outlets:
            deliver(self.db, outlet, Taking())  # type: ignore[arg-type]
        self.db.commit()
