"""Reading models as far as this server has them: modules differ, and Tryton refuses a call for one field too many."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.tryton.records import asked
from sluice.channels.tryton.rpc import NoModel, Rpc

BY_ID = [["id", "ASC"]]


@dataclass(frozen=True)
class Reader:
    """One user of one company; `chosen` is put in place of the user's own preferences."""

    rpc: Rpc
    chosen: dict[str, Any]
    _offered: dict[str, dict[str, str | None]] = field(default_factory=dict)

    @cached_property
    def context(self) -> dict[str, Any]:
        """What goes with every call: the user's own preferences, and archived records among the others."""
        own = msgspec.json.decode(self.rpc.call("res.user", "get_preferences", True, {}))["result"] or {}
        return own | {name: value for name, value in self.chosen.items() if value} | {"active_test": False}

    @property
    def company(self) -> Any:
        """Id of the company that is read; None where the user has none."""
        return self.context.get("company")

    def read(
        self, model: str, record: type[Struct], domain: list[Any], order: list[list[str]] = BY_ID, limit: int | None = None
    ) -> bytes:
        """An answer with the contract's fields, as far as they exist here. Raises Refused, NoModel, ChannelError."""
        return self.rows(model, domain, self.fields(model, record), order, limit)

    def rows(
        self,
        model: str,
        domain: list[Any],
        fields: list[str],
        order: list[list[str]] = BY_ID,
        limit: int | None = None,
        **more: Any,
    ) -> bytes:
        """An answer with these fields, `more` being put in the context. Raises Refused, NoModel, ChannelError."""
        return self.rpc.call(model, "search_read", domain, 0, limit, order, fields, self.context | more)

    def fields(self, model: str, record: type[Struct]) -> list[str]:
        """What to ask for: fields with a default only where a module adds them."""
        wanted = asked(record)
        return [name for name, is_required in wanted.items() if is_required or self._reaches(model, name)]

    def has(self, model: str) -> bool:
        """Whether the module that brings the model is activated."""
        try:
            return bool(self._fields(model))
        except NoModel:
            return False

    def offers(self, model: str, name: str) -> bool:
        """Whether the model is there with this field."""
        return self.has(model) and name in self._fields(model)

    def _reaches(self, model: str, path: str) -> bool:
        """Whether the field is there, through the references that lead to it."""
        head, _, rest = path.partition(".")
        offered = self._fields(model)
        if head not in offered or not rest:
            return head in offered
        relation = offered[head]
        return relation is not None and self._reaches(relation, rest)

    def _fields(self, model: str) -> dict[str, str | None]:
        """The model's fields, and the model that each refers to."""
        if model not in self._offered:
            answer = msgspec.json.decode(self.rpc.call(model, "fields_get", [], 0, self.context))
            self._offered[model] = {name: told.get("relation") for name, told in answer["result"].items()}
        return self._offered[model]
