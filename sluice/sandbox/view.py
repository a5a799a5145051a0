"""One shop as it stands at a moment: what has not happened yet is not there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from sluice.sandbox.draws import Ints

ORDER_EVENTS = ("created_at", "paid_at", "shipped_at", "delivered_at", "completed_at", "cancelled_at")
REFUND_EVENTS = ("requested_at", "approved_at", "returned_at", "completed_at", "rejected_at")
SHIPMENT_EVENTS = ("shipped_at", "delivered_at")


def clipped(frame: pl.DataFrame, events: tuple[str, ...], now: datetime) -> pl.DataFrame:
    """Rows whose first event is not later than `now`, with later events nulled."""
    seen = frame.filter(pl.col(events[0]) <= now)
    return seen.with_columns(pl.when(pl.col(name) <= now).then(pl.col(name)).alias(name) for name in events[1:])


@dataclass(frozen=True, slots=True)
class Rows:
    """A frame whose rows belong to orders: those of the order at `position` lie at starts[position] : starts[position + 1]."""

    frame: pl.DataFrame
    starts: Ints

    def of(self, positions: Ints) -> tuple[pl.DataFrame, Ints]:
        """The rows of these orders, one order after another, and the number of rows of each."""
        counts = self.starts[positions + 1] - self.starts[positions]
        ends = np.cumsum(counts)
        index = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[positions] - (ends - counts), counts)
        return self.frame[index], counts


@dataclass(frozen=True, slots=True)
class ShopHistory:
    """Everything that ever happens in one shop, orders by time of creation."""

    orders: pl.DataFrame
    lines: Rows
    refunds: Rows
    shipments: Rows
    identities: pl.DataFrame


@dataclass(frozen=True, slots=True)
class ShopView:
    """One shop at `now`. `orders` is sorted by (updated_at, order_id)."""

    now: datetime
    orders: pl.DataFrame
    history: ShopHistory
    persons: pl.DataFrame

    def documents(self, orders: pl.DataFrame) -> list[dict[str, Any]]:
        """Orders (any rows of `self.orders`) as dicts, each with its lists `lines`, `refunds`, `shipments`, its `person`, its
        `contact` (what the buyer told, a guest as well; None for one who left no name) and its `identity` (None without an
        account). Costs follow the number of orders asked for."""
        positions = orders["position"].to_numpy()
        found = records(orders)
        lines = self._children(self.history.lines, positions)
        refunds = self._children(self.history.refunds, positions, REFUND_EVENTS)
        shipments = self._children(self.history.shipments, positions, SHIPMENT_EVENTS)
        persons = records(self.persons[orders["person_no"]])
        identities = records(self.history.identities[orders["identity_no"]])
        for number, order in enumerate(found):
            order["lines"], order["refunds"], order["shipments"] = lines[number], refunds[number], shipments[number]
            order["person"] = persons[number]
            order["identity"] = identities[number] if order["customer_id"] is not None else None
            order["contact"] = identities[number] if order["is_guest"] else order["identity"]
        return found

    def customers(self) -> pl.DataFrame:
        """Identities that have bought by now, with the time of their first order, by (created_at, customer_id)."""
        known = self.history.identities.filter(pl.col("created_at") <= self.now)
        return known.sort("created_at", "customer_id")

    def _children(self, rows: Rows, positions: Ints, events: tuple[str, ...] = ()) -> list[list[dict[str, Any]]]:
        frame, counts = rows.of(positions)
        found = iter(records(frame))
        return [[record for record in islice(found, count) if _happened(record, events, self.now)] for count in counts.tolist()]


def records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts with times in UTC, whole seconds; twice as fast as `to_dicts`, which asks the time zone for each of them."""
    names, times = frame.columns, [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    plain = frame.with_columns(pl.col(times).dt.epoch("s")) if times else frame
    found = [dict(zip(names, row, strict=True)) for row in plain.iter_rows()]
    for record in found:
        for name in times:
            if record[name] is not None:
                record[name] = datetime.fromtimestamp(record[name], UTC)
    return found


def _happened(record: dict[str, Any], events: tuple[str, ...], now: datetime) -> bool:
    """Whether the record's first event has come; later ones are emptied."""
    for name in events[1:]:
        if record[name] is not None and record[name] > now:
            record[name] = None
    return not events or record[events[0]] <= now
