"""Odoo's newer protocol brings the same records as the older, and its own refusals."""

from collections.abc import Iterator

import pytest

from sluice.channels.odoo.connector import CONNECTOR, MODELS
from sluice.channels.odoo.records import records
from sluice.channels.protocol import ChannelError, Refused, Stream
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.odoo.server import connection
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SandboxState, str]]:
    state = SandboxState(world())
    with hosted(state) as address:
        yield state, f"{address}/odoo"


def read(url: str, stream: Stream, protocol: str, **secrets: str) -> list[bytes]:
    channel = CONNECTOR.open(connection(url, 300, options={"protocol": protocol}, **secrets))
    return [record for page in channel.pages(stream, None) for record in records(stream, page.body, page.context)]


@pytest.mark.parametrize("stream", [model.stream for model in MODELS], ids=lambda stream: stream.name)
def test_both_protocols_bring_the_same(served: tuple[SandboxState, str], stream: Stream) -> None:
    found = read(served[1], stream, "json2")
    assert found == read(served[1], stream, "jsonrpc")
    assert found


def test_a_key_that_has_ended_is_refused_at_once(served: tuple[SandboxState, str]) -> None:
    with pytest.raises(Refused, match=r"Invalid apikey.*three months") as refusal:
        read(served[1], MODELS[0].stream, "json2", password="hunter2")
    assert "hunter2" not in str(refusal.value)


def test_another_database_is_named(served: tuple[SandboxState, str]) -> None:
    with pytest.raises(ChannelError, match="no such database"):
        read(served[1], MODELS[0].stream, "json2", database="other")


@pytest.mark.parametrize("spoiled", ["throttle", "server_error", "truncate"])
def test_passing_faults_are_ridden_out(served: tuple[SandboxState, str], spoiled: str) -> None:
    state, url = served
    stream = CONNECTOR.stream("warehouses")
    state.faults.plan("odoo", **{spoiled: 1})
    assert len(read(url, stream, "json2")) == 3
    assert state.faults.left("odoo")[spoiled] == 0
