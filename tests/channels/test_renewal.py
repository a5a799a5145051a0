"""JD's and Taobao's tokens are renewed before they end, each with the refresh token that came with the last."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import requests

from sluice.channels.jd.connector import CONNECTOR as JD
from sluice.channels.protocol import Connection, Connector, Refused, Remembered, Token
from sluice.channels.taobao.connector import CONNECTOR as TAOBAO
from sluice.sandbox import jd, taobao
from sluice.sandbox.host import hosted
from sluice.sandbox.jd.server import REFRESH as JD_REFRESH
from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.sessions import REFRESH as TAOBAO_REFRESH
from tests.sandbox.worlds import world


@dataclass(frozen=True)
class Case:
    connector: Connector
    secrets: dict[str, str]
    token: str
    """The secret that ends."""
    refresh: str


CASES = {
    "jd": Case(JD, jd.SECRETS, "access_token", JD_REFRESH),
    "taobao": Case(TAOBAO, taobao.SECRETS, "session", TAOBAO_REFRESH),
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(world())


@pytest.fixture
def ended(case: Case, state: SandboxState) -> Iterator[Connection]:
    """A shop whose token has ended, and which has a refresh token."""
    with hosted(state) as url:
        secrets = {**case.secrets, case.token: "of-last-year", "refresh_token": case.refresh}
        since = datetime(2026, 9, 1, tzinfo=UTC)
        options = case.connector.options()
        name = case.connector.name
        yield Connection("main", f"{url}/{name}", secrets, "CNY", "Asia/Shanghai", since, options, now=lambda: state.now)


def kept(shop: Connection) -> Token:
    """The tokens that are kept, as they are."""
    return shop.tokens.fresh(lambda _: True, lambda _: {})


def read(case: Case, shop: Connection) -> int:
    """Records on the first page of what is on sale."""
    stream = case.connector.streams[-1]
    page = next(iter(case.connector.open(shop).pages(stream, None)))
    return len(list(case.connector.records(stream, page.body, page.context)))


def test_a_token_that_ended_is_renewed_and_kept(case: Case, ended: Connection) -> None:
    assert read(case, ended) > 0
    first = kept(ended)
    assert read(case, ended) > 0
    assert kept(ended) == first
    assert first["refresh_token"] != case.refresh


def test_each_renewal_uses_the_refresh_token_that_came_with_the_last(case: Case, ended: Connection, state: SandboxState) -> None:
    """The platforms take each once: told the first again, the sandbox refuses."""
    for renewals in (1, 2, 3):
        assert read(case, ended) > 0
        assert kept(ended)["refresh_token"] == f"{case.refresh}-{renewals}"
        state.advance(1)


def test_without_a_refresh_token_the_owner_is_asked_to_authorise_again(case: Case, ended: Connection) -> None:
    secrets = {name: value for name, value in ended.secrets.items() if name != "refresh_token"}
    with pytest.raises(Refused, match="authorise the app again"):
        read(case, replace(ended, secrets=secrets))


def test_a_renewal_that_the_platform_refuses_says_why_and_what_to_do(case: Case, ended: Connection) -> None:
    secrets = {**ended.secrets, "refresh_token": "of long ago"}
    with pytest.raises(Refused, match=r"does not renew.*(?i:authorise the app again).*Said: ") as said:
        read(case, replace(ended, secrets=secrets, tokens=Remembered()))
    assert "of long ago" not in str(said.value)
    if case.connector is TAOBAO:
        assert "service market" in str(said.value)


def test_no_secret_is_in_what_is_said_when_nobody_answers(case: Case, ended: Connection) -> None:
    opened = case.connector.open(replace(ended, url="http://127.0.0.1:9", tokens=Remembered()))
    gateway = opened.gateway  # type: ignore[attr-defined]
    transport = gateway.renewal.login if case.connector is JD else gateway.transport
    transport.sleep, transport.attempts = (lambda _: None), 2
    with pytest.raises(Exception, match="did not answer well") as said:
        gateway.call("taobao.time.get" if case.connector is TAOBAO else "jingdong.pop.order.search")
    assert not isinstance(said.value, requests.RequestException)
    for secret in {name: value for name, value in ended.secrets.items() if name != "app_key"}.values():
        assert secret not in f"{said.value} {gateway!r}"
