"""Reading models as far as this server has them: apps and rights differ, and Odoo refuses a call for one field too many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from sluice.channels.odoo.records import asked
from sluice.channels.odoo.rpc import Domain, Fault, NoModel
from sluice.channels.protocol import ChannelError

USER_ERROR = "odoo.exceptions.UserError"


class Wire(Protocol):
    """One user on one database, by one of Odoo's protocols."""

    def call(self, model: str, method: str, ids: list[int] | None = None, **named: Any) -> bytes:
        """A JSON object whose `result` is what the method gives, of the records `ids`. Raises Refused, NoModel, ChannelError."""
        ...


class _Fields(Struct):
    result: dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """`context` goes with every call: language and company."""

    wire: Wire
    context: dict[str, Any] = field(default_factory=dict)
    _offered: dict[str, frozenset[str]] = field(default_factory=dict)

    def read(
        self, model: str, record: type[Struct], conditions: Domain, order: str = "id asc", limit: int | None = None
    ) -> bytes:
        """An answer with the contract's fields, as far as they exist here. Raises Refused, NoModel, ChannelError."""
        return self.rows(model, self.fields(model, record), conditions, order, limit)

    def rows(self, model: str, fields: list[str], conditions: Domain, order: str = "id asc", limit: int | None = None) -> bytes:
        """An answer with these fields. Raises Refused, NoModel, ChannelError."""
        return self._call(model, "search_read", domain=conditions, fields=fields, order=order, limit=limit or False)

    def fields(self, model: str, record: type[Struct]) -> list[str]:
        """What to ask for. Raises ChannelError where a field is missing that the contract can't do without."""
        offered, wanted = self.offered(model), asked(record)
        if missing := [name for name, is_required in wanted.items() if is_required and name not in offered]:
            raise ChannelError(
                f"Odoo shows no {', '.join(missing)} in {model}: the app that adds it is not installed, or only members of a "
                "group that this user is not in may see it."
            )
        return [name for name in wanted if name in offered]

    def has(self, model: str, name: str) -> bool:
        """Whether the model is there with this field."""
        try:
            return name in self.offered(model)
        except NoModel:
            return False

    def offered(self, model: str) -> frozenset[str]:
        """The fields that this user may read. Raises Refused, NoModel, ChannelError."""
        if model not in self._offered:
            try:
                body = self._call(model, "fields_get", attributes=["type"])
            except Fault as fault:
                # In the user's own language, so its words can't be relied on; asked for its fields, a model has no other reason.
                if fault.name == USER_ERROR:
                    raise NoModel(str(fault), fault.name) from fault
                raise
            self._offered[model] = frozenset(msgspec.json.decode(body, type=_Fields).result) | {"id"}
        return self._offered[model]

    def tell(self, model: str, method: str, ids: list[int], context: Mapping[str, Any] | None = None, **named: Any) -> Any:
        """What a method of these records says. Raises Refused, NoModel, ChannelError."""
        whole = self.context | dict(context or {})
        body = self.wire.call(model, method, ids, **named, **({"context": whole} if whole else {}))
        return msgspec.json.decode(body)["result"]

    def _call(self, model: str, method: str, **named: Any) -> bytes:
        return self.wire.call(model, method, None, **named, **({"context": self.context} if self.context else {}))
