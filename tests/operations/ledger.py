"""A ledger in small: what a channel, a warehouse and a checkout say, in one line each."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg

from sluice import proofs, warehouse

TERMS = ("on_hand", "committed", "held", "presale_reserve", "presale_promised", "unsellable")
MINUTE = timedelta(minutes=1)


class Ledger:
    """One shop, c/x. Each call is its own transaction."""

    def __init__(self, db: psycopg.Connection) -> None:
        self.db = db
        row = self.ask("select now()")
        self.start: datetime = row

    def ask(self, query: str, *values: object) -> Any:
        """The first column of the first row."""
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.db.execute(query, values).fetchall()

    # --- what the ERP says

    def facilities(self, *names: str) -> None:
        for priority, name in enumerate(names, start=1):
            self.db.execute("insert into unified.facilities (facility_id, priority) values (%s, %s)", (name, priority))

    def kit(self, bundle: str, **components: int) -> None:
        for component, each in components.items():
            self.db.execute("insert into unified.bundle_components values (%s, %s, %s)", (bundle, component, each))

    def count(self, stock: Mapping[tuple[str, str], int], at: datetime | None = None) -> None:
        """A count of every item, as of now: what is not named is gone."""
        self.db.execute("update unified.stock set on_hand = 0, as_of = coalesce(%s, now())", (at,))
        for (facility, sku), pieces in stock.items():
            self.db.execute(
                "insert into unified.stock (facility_id, sku, on_hand, as_of) values (%s, %s, %s, coalesce(%s, now()))"
                " on conflict (facility_id, sku) do update set on_hand = excluded.on_hand, as_of = excluded.as_of",
                (facility, sku, pieces, at),
            )
        self.db.execute("select ops.absorb_supply()")

    def purchase(
        self, po: str, facility: str, sku: str, quantity: int, days: float, received: int = 0, at: datetime | None = None
    ) -> None:
        """A purchase order line as it is now, due in so many days."""
        self.db.execute(
            """
            insert into unified.purchase_order_lines
                (channel, shop, po_id, line_id, facility_id, sku, quantity, received_quantity, status, expected_at, received_at)
            values ('erp', 'erp', %s, '1', %s, %s, %s, %s, %s, %s, %s)
            on conflict (channel, shop, po_id, line_id) do update set
                received_quantity = excluded.received_quantity, status = excluded.status, expected_at = excluded.expected_at,
                received_at = excluded.received_at
            """,
            (
                po, facility, sku, quantity, received, "received" if received >= quantity else "open",
                self.start + timedelta(days=days), at,
            ),
        )  # fmt: skip
        self.db.execute("select ops.absorb_supply()")

    # --- what the channel says

    def order(self, order_id: str, *lines: tuple[str, int], absorb: bool = True, **columns: object) -> None:
        """Lines are (sku, pieces), numbered from 0."""
        said = {"channel": "c", "shop": "x", "order_id": order_id, **columns}
        self.db.execute(
            f"insert into unified.orders ({', '.join(said)}) values ({', '.join(['%s'] * len(said))})", list(said.values())
        )
        for number, (sku, pieces) in enumerate(lines):
            self.db.execute(
                "insert into unified.order_lines (channel, shop, order_id, line_id, sku, quantity)"
                " values ('c', 'x', %s, %s, %s, %s)",
                (order_id, str(number), sku, pieces),
            )
        if absorb:
            self.absorb(order_id)

    def absorb(self, *order_ids: str) -> None:
        self.db.execute("select ops.absorb_orders('c', 'x', %s)", (list(order_ids),))

    def say(self, order_id: str, absorb: bool = True, **columns: object) -> None:
        """The channel says these columns of the order are so."""
        said = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(
            f"update unified.orders set {said}, updated_at = now() where order_id = %s", [*columns.values(), order_id]
        )
        if absorb:
            self.absorb(order_id)

    def say_line(self, order_id: str, line: int, absorb: bool = True, **columns: object) -> None:
        said = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(
            f"update unified.order_lines set {said} where order_id = %s and line_id = %s",
            [*columns.values(), order_id, str(line)],
        )
        if absorb:
            self.absorb(order_id)

    def ship(self, order_id: str, line: int, shipped: int, whole: bool = False) -> None:
        """So many of the line have left by now; `whole`: that is all of the order."""
        self.db.execute(
            "insert into unified.shipments (channel, shop, order_id, shipment_id, shipped_at)"
            " values ('c', 'x', %s, %s, now())", (order_id, f"{line}/{shipped}"),
        )  # fmt: skip
        self.say_line(order_id, line, absorb=False, shipped_quantity=shipped)
        self.say(order_id, fulfilment_status="shipped" if whole else "partially_shipped")

    def refund(self, order_id: str, refund_id: str, line: int, pieces: int, absorb: bool = True) -> None:
        """Refunded and, the channel says, restocked."""
        self.db.execute(
            "insert into unified.refunds (channel, shop, order_id, refund_id, line_id, quantity, completed_at)"
            " values ('c', 'x', %s, %s, %s, %s, now())", (order_id, refund_id, str(line), pieces),
        )  # fmt: skip
        if absorb:
            self.absorb(order_id)

    # --- what a facility says

    def take_back(self, key: str, order_id: str, line: int, sku: str, pieces: int, disposition: str) -> int:
        taken: int = self.ask(
            "select ops.return_stock(%s, 'c', 'x', %s, %s, %s, %s, %s)", key, order_id, str(line), sku, pieces, disposition
        )
        return taken

    # --- what a checkout says

    def hold(self, hold_id: str, *lines: tuple[str, int], seconds: float = 600, facility: str | None = None) -> dict[str, Any]:
        asked = json.dumps([{"sku": sku, "quantity": pieces} for sku, pieces in lines])
        held: dict[str, Any] = self.ask(
            "select ops.hold(%s, 'c', 'x', %s, %s, %s)", hold_id, asked, timedelta(seconds=seconds), facility
        )
        return held

    def state(self, hold_id: str) -> str | None:
        state: str | None = self.ask("select state from ops.holds where hold_id = %s", hold_id)
        return state

    # --- how it stands

    def position(self, facility: str, sku: str) -> dict[str, int]:
        """The terms that are not 0."""
        row = self.db.execute(
            f"select {', '.join(TERMS)} from ops.stock_positions where facility_id = %s and sku = %s", (facility, sku)
        ).fetchone()
        return {term: pieces for term, pieces in zip(TERMS, row or (), strict=bool(row)) if pieces}

    def available(self, facility: str, sku: str) -> int:
        row = self.ask("select available from ops.available where facility_id = %s and sku = %s", facility, sku)
        return int(row or 0)

    def is_sound(self) -> bool:
        return self.rows("select * from ops.verify_stock()") == []


@contextmanager
def ledger(address: str) -> Iterator[Ledger]:
    with warehouse.connect(address, autocommit=True) as db:
        db.execute(proofs.UNIFIED.read_text(encoding="utf-8"))
        yield Ledger(db)
