"""JSON-2 where this server has it and takes the key; JSON-RPC, which older servers and plain passwords need, elsewhere."""

import logging
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sluice.channels.odoo.json2 import Json2
from sluice.channels.odoo.rpc import Rpc
from sluice.channels.protocol import ChannelError, Refused

log = logging.getLogger(__name__)
PROBE = ("res.users", "context_get")
"""What every user may call, on every server."""


@dataclass
class Either:
    """One user on one database; which protocol it is shows at the first call."""

    newer: Json2
    older: Rpc
    _chosen: Json2 | Rpc | None = field(default=None, init=False)

    def call(self, model: str, method: str, ids: list[int] | None = None, **named: Any) -> bytes:
        """As both do. Raises Refused, NoModel, ChannelError."""
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen.call(model, method, ids, **named)

    def _choose(self) -> Json2 | Rpc:
        """JSON-2 if it answers this key, else JSON-RPC if it lets this user in."""
        try:
            _check(self.newer.call(*PROBE))
            return self.newer
        except ChannelError as first:
            log.debug("no JSON-2 here: %s", first)
            try:
                _ = self.older.uid
            except Refused:
                raise
            except ChannelError as second:
                # where JSON-RPC is no more, what JSON-2 said is what matters
                raise (first if isinstance(first, Refused) else second) from first
            return self.older


def _check(body: bytes) -> None:
    """Raise ChannelError where this is not what `context_get` gives: Odoo 15 answers any address, with an error of JSON-RPC."""
    result = msgspec.json.decode(body)["result"]
    if not isinstance(result, dict) or "jsonrpc" in result:
        raise ChannelError("Odoo does not know JSON-2")
