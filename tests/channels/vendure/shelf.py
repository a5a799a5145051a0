"""A list of Vendure's as its server keeps it: filtered, sorted and cut as asked, changing while it is read if a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.channels.vendure.server import Asked, Said, said

FIELDS = ("id", "updatedAt", "orderPlacedAt")
"""In the schema's order, in which GraphQL hands on the keys of `sort`."""


@dataclass
class Shelf:
    """Orders with nothing but id and times; `before` is called with the number of each request."""

    orders: list[dict[str, Any]]
    before: Callable[[int], None] = lambda number: None
    count: int = field(default=0)

    def answer(self, asked: Asked) -> Said:
        self.before(self.count)
        self.count += 1
        options = asked["variables"]["options"]
        found = [order for order in self.orders if all(_fits(order[name], how) for name, how in options["filter"].items())]
        for name in reversed([name for name in FIELDS if name in options["sort"]]):
            found.sort(key=lambda order: int(order[name]) if name == "id" else order[name])
        start = options.get("skip", 0)
        shown = found[start : start + options["take"]]
        return said({"data": {"orders": {"totalItems": len(found), "items": shown}}})


def _fits(value: str, how: dict[str, Any]) -> bool:
    checks = {
        "after": lambda bound: _moment(value) > _moment(bound),
        "before": lambda bound: _moment(value) < _moment(bound),
        "between": lambda bound: _moment(bound["start"]) <= _moment(value) <= _moment(bound["end"]),
        "isNull": lambda bound: (value is None) is bound,
        "in": lambda bound: value in bound,
    }
    return all(checks[name](bound) for name, bound in how.items())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
