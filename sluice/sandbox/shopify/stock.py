"""inventorySetQuantities as Shopify 2026-04 and later do it: whole or not at all, compared before it is set, done once a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.sandbox.graphql import Field, GraphQLError
from sluice.sandbox.shopify.records import LOCATIONS, MOST, Record, gid
from sluice.sandbox.shopify.store import Store

HIGHEST = 1_000_000_000


@dataclass
class Writer:
    """Sets quantities in a store. `done` keeps what each idempotency key asked for and was answered."""

    store: Store
    done: dict[str, tuple[Any, Record]] = field(default_factory=dict)

    def set_quantities(self, asked: Field) -> Record:
        """The mutation's payload. Raises GraphQLError for what Shopify's schema or its version rules refuse."""
        key = dict(dict(asked.directives).get("idempotent", ())).get("key")
        if not isinstance(key, str) or not key.strip():
            raise GraphQLError("The @idempotent directive is required for this mutation but was not provided.")
        change = asked.argument("input")
        if (length := len(change["quantities"])) > MOST:
            raise GraphQLError(f"The input array size of {length} is greater than the maximum allowed of {MOST}.")
        if any("changeFromQuantity" not in row for row in change["quantities"]):
            raise GraphQLError("The changeFromQuantity argument must be passed, null to skip the comparison.")
        if key in self.done:
            before, answer = self.done[key]
            return answer if before == change else _payload(None, [_error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", ["input"])])
        answer = self._set(change, key)
        self.done[key] = (change, answer)
        return answer

    def _set(self, change: Mapping[str, Any], key: str) -> Record:
        rows = change["quantities"]
        errors = [] if change["name"] == "available" else [_error("INVALID_NAME", ["input", "name"])]
        pairs = [(row["inventoryItemId"], row["locationId"]) for row in rows]
        for index, row in enumerate(rows):
            code, name = self._fault(row, pairs[:index])
            if code:
                errors.append(_error(code, ["input", "quantities", str(index), name]))
        if errors:
            return _payload(None, errors)
        for row in rows:
            self.store.set_level(row["inventoryItemId"], row["locationId"], row["quantity"])
        return _payload({"id": gid("InventoryAdjustmentGroup", len(self.done) + 1), "reason": change["reason"]}, [])

    def _fault(self, row: Mapping[str, Any], earlier: list[tuple[str, str]]) -> tuple[str | None, str]:
        pair = (row["inventoryItemId"], row["locationId"])
        level = self.store.level(*pair)
        if row["locationId"] not in LOCATIONS.values():
            return "INVALID_LOCATION", "locationId"
        if level is None:
            return "INVALID_INVENTORY_ITEM", "inventoryItemId"
        if pair in earlier:
            return "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "locationId"
        if row["quantity"] < 0:
            return "INVALID_QUANTITY_NEGATIVE", "quantity"
        if row["quantity"] > HIGHEST:
            return "INVALID_QUANTITY_TOO_HIGH", "quantity"
        expected = row["changeFromQuantity"]
        return ("CHANGE_FROM_QUANTITY_STALE" if expected not in (None, level) else None), "changeFromQuantity"


def _payload(group: Record | None, errors: list[Record]) -> Record:
    return {"inventoryAdjustmentGroup": group, "userErrors": errors}


def _error(code: str, path: list[str]) -> Record:
    return {"code": code, "field": path, "message": code.replace("_", " ").capitalize() + "."}
