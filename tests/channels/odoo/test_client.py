"""odoorpc, a client that others wrote, against our sandbox: it counts and reads what the connector lands."""

import importlib
from urllib.parse import urlsplit

import pytest

from sluice.channels.odoo.connector import CONNECTOR, MODELS, Model
from sluice.channels.odoo.records import records
from sluice.sandbox.host import on_loopback
from sluice.sandbox.odoo.server import SECRETS, app
from sluice.sandbox.state import SandboxState
from tests.channels.odoo.server import connection
from tests.sandbox.worlds import world

odoorpc = importlib.import_module("odoorpc")
WHOLE = [model for model in MODELS if model.linked_from is None]


def test_it_reads_what_the_connector_reads() -> None:
    with on_loopback(app(SandboxState(world()))) as url:
        client = odoorpc.ODOO("127.0.0.1", protocol="jsonrpc", port=urlsplit(url).port)
        client.login(SECRETS["database"], SECRETS["user"], SECRETS["password"])
        assert client.version == "16.0"
        for model in WHOLE:
            assert _found_by(client, model) == _landed(url, model), model.name
        with pytest.raises(odoorpc.error.RPCError, match="Wrong login"):
            client.login(SECRETS["database"], SECRETS["user"], "hunter2")
        with pytest.raises(odoorpc.error.RPCError, match=r"sale\.nonsense doesn't exist"):
            client.execute("sale.nonsense", "search_count", [])


def _found_by(client: object, model: Model) -> int:
    """Counted and searched by the client, which must agree with itself."""
    found = client.execute(model.name, "search", list(model.domain))  # type: ignore[attr-defined]
    assert client.execute(model.name, "search_count", list(model.domain)) == len(found) == len(set(found))  # type: ignore[attr-defined]
    return len(found)


def _landed(url: str, model: Model) -> int:
    pages = CONNECTOR.open(connection(url, options={"protocol": "jsonrpc"})).pages(model.stream, None)
    return sum(len(list(records(model.stream, page.body, page.context))) for page in pages)
