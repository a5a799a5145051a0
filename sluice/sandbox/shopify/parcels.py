"""fulfillmentCreate, and orders as they look with the parcels that were told of."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sluice.sandbox.graphql import Field, GraphQLError
from sluice.sandbox.shopify.records import MOST, Record, connection, gid, listed

WHOLE = Field("all", "all", (("first", MOST),), ())
OPEN = ("OPEN", "IN_PROGRESS")


@dataclass
class Parcels:
    """`made` are parcels by the order's id, beside those that the world knows; `sent` pieces by a fulfilment order's line."""

    made: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def shown(self, order: Record | None) -> Record | None:
        """The order with what was made of it."""
        if order is None:
            return None
        works = [self._work(order, work) for work in order["fulfillmentOrders"](WHOLE)["nodes"]]
        parcels = [*order["fulfillments"](WHOLE), *self.made.get(order["id"], ())]
        return order | {"fulfillments": listed(parcels), "fulfillmentOrders": connection(works)}

    def _work(self, order: Record, work: Record) -> Record:
        lines = []
        for number, line in enumerate(order["lineItems"](WHOLE)["nodes"]):
            ident = gid("FulfillmentOrderLineItem", int(work["id"].rsplit("/", 1)[-1]) * 100 + number)
            waiting = line["quantity"] - self.sent[ident] if work["status"] in (*OPEN, "SCHEDULED", "ON_HOLD") else 0
            lines.append({"id": ident, "remainingQuantity": waiting, "totalQuantity": line["quantity"], "lineItem": line})
        done = lines and not any(line["remainingQuantity"] for line in lines)
        return work | {"lineItems": connection(lines), "status": "CLOSED" if done and work["status"] in OPEN else work["status"]}

    def create(self, asked: Field, order_of: Any) -> Record:
        """The mutation's payload. `order_of(fulfilment order's id)` is the order as `shown`. Raises GraphQLError."""
        wanted = asked.argument("fulfillment")
        if not wanted or not wanted.get("lineItemsByFulfillmentOrder"):
            raise GraphQLError("Variable $fulfillment of type FulfillmentInput! was provided invalid value")
        for part in wanted["lineItemsByFulfillmentOrder"]:
            order = order_of(part["fulfillmentOrderId"])
            error = self._fault(order, part)
            if error:
                return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": error}]}
            number = len(self.made[order["id"]]) + 1
            parcel = {
                "__typename": "Fulfillment",
                "id": gid("Fulfillment", int(order["legacyResourceId"]) * 10 + number),
                "status": "SUCCESS",
                "trackingInfo": listed([wanted.get("trackingInfo") or {}]),
            }
            self.made[order["id"]].append(parcel)
            for line in part["fulfillmentOrderLineItems"]:
                self.sent[line["id"]] += line["quantity"]
        return {"fulfillment": parcel, "userErrors": []}

    def _fault(self, order: Record | None, part: Record) -> str | None:
        works = {work["id"]: work for work in order["fulfillmentOrders"](WHOLE)["nodes"]} if order else {}
        work = works.get(part["fulfillmentOrderId"])
        if work is None:
            return "Fulfillment order does not exist."
        if work["status"] not in OPEN:
            return f"Fulfillment order {work['id'].rsplit('/', 1)[-1]} has an unfulfillable status= {work['status'].lower()}."
        waiting = {line["id"]: line["remainingQuantity"] for line in work["lineItems"](WHOLE)["nodes"]}
        for line in part["fulfillmentOrderLineItems"]:
            if line["quantity"] > waiting.get(line["id"], 0):
                return "Invalid fulfillment order line item quantity requested."
        return None
