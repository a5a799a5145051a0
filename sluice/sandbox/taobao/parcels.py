"""Trades in full, and what the seller says has been sent of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Parcels:
    """The tracking number of each order of a trade that was told of, by (tid, oid)."""

    sent: dict[tuple[str, str], str] = field(default_factory=dict)

    def shown(self, trade: dict[str, Any]) -> dict[str, Any]:
        """The trade with what was told."""
        tid, orders = str(trade["tid"]), trade.get("orders", {}).get("order", [])
        for order in orders:
            number = self.sent.get((tid, str(order["oid"])))
            if number:
                order |= {"invoice_no": number, "status": "WAIT_BUYER_CONFIRM_GOODS"}
        if any((tid, str(order["oid"])) in self.sent for order in orders):
            left = any(order["status"] == "WAIT_SELLER_SEND_GOODS" for order in orders)
            trade["status"] = "SELLER_CONSIGNED_PART" if left else "WAIT_BUYER_CONFIRM_GOODS"
        return trade

    def send(self, trade: dict[str, Any], orders: list[str], number: str) -> str | None:
        """Mark these orders of the trade (all that wait, where none is named); what is wrong, if anything is."""
        waiting = [str(one["oid"]) for one in trade["orders"]["order"] if one["status"] == "WAIT_SELLER_SEND_GOODS"]
        chosen = orders or waiting
        if not chosen or not set(chosen) <= set(waiting):
            return "isv.logistics-offline-service-error:B04"
        self.sent.update({(str(trade["tid"]), oid): number for oid in chosen})
        return None
