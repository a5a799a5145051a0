"""The sandbox over HTTP: it answers, its clock goes forward, planned faults come exactly as often as asked for."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from sluice.sandbox.faults import COUNTED, Faults, UnknownFault
from sluice.sandbox.host import Sandbox, SandboxError, Spoiling, application, hosted, listening, on_loopback
from sluice.sandbox.seasons import AS_OF, END
from sluice.sandbox.state import ClockError, SandboxState
from tests.sandbox.worlds import world


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(world())


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/_sandbox"


def test_a_process_answers_with_the_same_world_and_stops() -> None:
    with Sandbox(seed=11, orders=1_000, now=AS_OF + timedelta(days=2)) as sandbox:
        process = sandbox.process
        assert process is not None
        answer = requests.get(f"{sandbox.url}/_sandbox/truth", timeout=10).json()
        assert os.getpgid(process.pid) == process.pid
    assert process.poll() is not None
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/_sandbox/truth", timeout=2)
    truths = [world().truth(channel, shop, AS_OF + timedelta(days=2)) for channel, shop in world().shops]
    assert [(one["channel"], one["orders"], one["total_minor"]) for one in answer] == [
        (truth.channel, truth.orders, truth.total_minor) for truth in truths
    ]


def test_a_process_ends_when_its_parent_is_gone() -> None:
    sandbox = Sandbox(seed=11, orders=100)
    sandbox.start()
    process = sandbox.process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # what the end of the parent looks like from inside
    assert process.wait(timeout=10) == 0


def test_a_port_that_is_taken_is_named() -> None:
    with listening(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} on 127.0.0.1 is taken"), listening(port):
            pass
        with pytest.raises(SandboxError, match="ended with code 1"):
            Sandbox(seed=11, orders=100, port=port).start()


def test_money_of_the_truth_is_written_in_major_units(url: str) -> None:
    for one in requests.get(f"{url}/truth", timeout=10).json():
        assert one["total"] == f"{one['total_minor'] // 100}.{one['total_minor'] % 100:02}"


def test_the_clock_advances_and_the_truth_with_it(url: str, state: SandboxState) -> None:
    before = requests.get(f"{url}/truth", timeout=10).json()
    answer = requests.post(f"{url}/clock", json={"advance_days": 10}, timeout=10)
    assert answer.json()["now"] == (AS_OF + timedelta(days=10)).isoformat()
    assert state.now == AS_OF + timedelta(days=10)
    after = requests.get(f"{url}/truth", timeout=10).json()
    assert all(late["orders"] > early["orders"] for early, late in zip(before, after, strict=True))
    requests.post(f"{url}/clock", json={"now": END.isoformat()}, timeout=10).raise_for_status()
    assert requests.get(f"{url}/clock", timeout=10).json() == {"now": END.isoformat(), "end": END.isoformat()}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"advance_days": -1}, "only goes forward"),
        ({"advance_days": 61}, "only goes forward"),
        ({"advance_days": 10**12}, "too large"),
        ({"advance_days": "soon"}, "could not convert"),
        ({"now": "2026-11-05T00:00:00"}, "no offset from UTC"),
        ({"now": "tomorrow"}, "Invalid isoformat"),
        ({}, "advance_days"),
        ([], "must be a JSON object"),
    ],
)
def test_a_clock_that_cannot_be_set_says_why(url: str, state: SandboxState, wanted: object, message: str) -> None:
    answer = requests.post(f"{url}/clock", json=wanted, timeout=10)
    assert answer.status_code == 400
    assert message in answer.text
    assert state.now == AS_OF


@pytest.mark.parametrize("now", [datetime(2026, 11, 5), datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)])
def test_a_sandbox_starts_within_its_calendar(now: datetime) -> None:
    with pytest.raises(ClockError):
        SandboxState(world(), now)


def test_what_was_built_is_kept_until_the_clock_moves(state: SandboxState) -> None:
    first = state.view("taobao", "flagship")
    assert state.view("taobao", "flagship") is first
    with pytest.raises(ClockError):
        state.advance(-1)
    assert state.view("taobao", "flagship") is first
    state.advance(5)
    assert len(state.view("taobao", "flagship").orders) > len(first.orders)


def test_published_quantities_can_be_looked_at(url: str, state: SandboxState) -> None:
    assert requests.get(f"{url}/published", timeout=10).json() == []
    state.published["taobao", "flagship", "51", None] = 7
    assert requests.get(f"{url}/published", timeout=10).json() == [
        {"channel": "taobao", "shop": "flagship", "listing_id": "51", "facility_id": None, "quantity": 7}
    ]


@pytest.mark.parametrize("name", COUNTED)
def test_a_fault_is_taken_exactly_as_often_as_planned(url: str, state: SandboxState, name: str) -> None:
    answer = requests.post(f"{url}/faults", json={"channel": "shopify", name: 3}, timeout=10)
    assert answer.json()["shopify"][name] == 3
    assert not state.faults.take("taobao", name)
    assert [state.faults.take("shopify", name) for _ in range(5)] == [True, True, True, False, False]
    assert requests.get(f"{url}/faults", timeout=10).json()["shopify"][name] == 0


def test_refusal_lasts_until_it_is_taken_back(url: str, state: SandboxState) -> None:
    requests.post(f"{url}/faults", json={"channel": "odoo", "refuse": True, "throttle": 1}, timeout=10)
    assert [state.faults.refused("odoo") for _ in range(3)] == [True] * 3
    assert not state.faults.refused("shopify")
    requests.post(f"{url}/faults", json={"channel": "odoo", "refuse": False}, timeout=10)
    assert not state.faults.refused("odoo")
    assert state.faults.take("odoo", "throttle")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"channel": "shopify", "throtle": 1}, "throtle: no such fault"),
        ({"channel": "shopify", "throttle": -1}, "throttle"),
        ({"channel": "shopify", "throttle": "many"}, "throttle"),
        ({"throttle": 1}, "channel is missing"),
        ({"channel": "magento", "throttle": 1}, "magento"),
    ],
)
def test_a_fault_that_cannot_be_planned_says_why(url: str, state: SandboxState, wanted: object, message: str) -> None:
    answer = requests.post(f"{url}/faults", json=wanted, timeout=10)
    assert answer.status_code == 400
    assert message in answer.text
    assert not state.faults.take("shopify", "throttle")


def test_several_malformed_records_can_be_taken_for_one_answer() -> None:
    faults = Faults()
    faults.plan("shopify", malformed=3)
    assert [faults.take_all("shopify", "malformed") for _ in range(2)] == [3, 0]
    with pytest.raises(UnknownFault):
        faults.plan("shopify", refuse="perhaps")


@pytest.fixture
def spoiled() -> Iterator[tuple[str, Faults]]:
    """A channel of a hundred letters behind the host's own faults."""

    async def letters(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x" * 100)

    faults = Faults()
    channel = Spoiling(Starlette(routes=[Route("/", letters)]), "toy", faults)
    with on_loopback(Starlette(routes=[Mount("/toy", channel)])) as address:
        yield f"{address}/toy/", faults


def test_truncated_answers_are_half_and_only_as_many_as_planned(spoiled: tuple[str, Faults]) -> None:
    url, faults = spoiled
    faults.plan("toy", truncate=2)
    assert [len(requests.get(url, timeout=10).content) for _ in range(4)] == [50, 50, 100, 100]


def test_one_answer_hangs(spoiled: tuple[str, Faults]) -> None:
    url, faults = spoiled
    faults.plan("toy", hang_seconds=0.6)
    waits = []
    for _ in range(2):
        begin = time.monotonic()
        requests.get(url, timeout=10)
        waits.append(time.monotonic() - begin)
    assert waits[0] >= 0.6 > waits[1]


def test_channels_are_mounted_by_their_file(state: SandboxState) -> None:
    mounted = {route.path for route in application(state).routes if isinstance(route, Mount)}
    assert {"/_sandbox", "/shopify", "/taobao", "/odoo"} <= mounted
    assert "/world" not in mounted
