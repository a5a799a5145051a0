"""Square's errors by their category, its tokens, and what its owner is told."""

from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.square import CONNECTOR
from sluice.channels.square.client import Fault
from sluice.sandbox.host import hosted
from sluice.sandbox.square import SECRETS
from sluice.sandbox.square.server import REFRESH
from sluice.sandbox.state import SandboxState
from tests.channels.square.shop import error, opened, sandbox, scripted
from tests.sandbox.worlds import world

LOCATIONS = CONNECTOR.stream("locations")
GOOD: tuple[int, Any] = (200, {"locations": [{"id": "L", "name": "Main"}]})


@pytest.mark.parametrize(
    "first",
    [
        (429, error("RATE_LIMIT_ERROR", "RATE_LIMITED")),
        (429, b"<html>slow down</html>"),
        (503, error("API_ERROR", "SERVICE_UNAVAILABLE")),
        (500, b"<html>oops</html>"),
        (200, b'{"locations": [{"id": "L"'),
        (200, error("RATE_LIMIT_ERROR", "RATE_LIMITED")),
        (400, error("API_ERROR", "TEMPORARY_ERROR")),
    ],
)
def test_what_a_second_try_may_not_meet_is_tried_again(first: tuple[int, Any]) -> None:
    with scripted(first, GOOD) as (channel, script):
        (page,) = channel.pages(LOCATIONS, None)
    assert page.complete
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")), "expired"),
        ((401, error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_REVOKED")), "grant the app"),
        ((403, error("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "needs ORDERS_READ")), "ORDERS_READ"),
        ((401, b""), "developer console"),
        ((200, error("AUTHENTICATION_ERROR", "UNAUTHORIZED")), "check it"),
    ],
)
def test_refused_credentials_are_not_tried_again(answer: tuple[int, Any], words: str) -> None:
    with scripted(answer) as (channel, script), pytest.raises(Refused, match=words) as said:
        list(channel.pages(LOCATIONS, None))
    assert len(script.asked) == 1
    assert SECRETS["token"] not in str(said.value)


def test_a_wrong_request_says_what_square_says() -> None:
    answer = (400, error("INVALID_REQUEST_ERROR", "INVALID_TIME", "not a time"))
    with scripted(answer) as (channel, _), pytest.raises(Fault, match="INVALID_TIME: not a time"):
        list(channel.pages(LOCATIONS, None))


def test_a_seller_without_locations_is_told_so() -> None:
    with scripted((200, {})) as (channel, _), pytest.raises(ChannelError, match="no location"):
        list(channel.pages(CONNECTOR.stream("orders"), None))


def test_an_app_s_token_is_renewed_before_it_ends() -> None:
    state = SandboxState(world())
    secrets = {"token": REFRESH, "client_id": SECRETS["client_id"], "client_secret": SECRETS["client_secret"]}
    with hosted(state) as url:
        channel = opened(f"{url}/square", state, secrets)
        first = channel.client.token()
        assert list(channel.pages(LOCATIONS, None))
        assert channel.client.token() == first
        later = state.now + timedelta(days=24)
        object.__setattr__(channel.connection, "now", lambda: later)
        assert channel.client.token() != first
        assert list(channel.pages(LOCATIONS, None))


def test_a_new_grant_replaces_the_token_that_was_kept() -> None:
    grants = [{"access_token": "one", "refresh_token": "r2"}, {"access_token": "two", "refresh_token": "r3"}]
    secrets = {"token": "r1", "client_id": "app"}
    with scripted(*[(200, grant) for grant in grants], secrets=secrets) as (channel, script):
        assert channel.client.token() == "one"
        secrets["token"] = "granted-anew"
        assert channel.client.token() == "two"
    assert [body["refresh_token"] for _, _, body in script.asked] == ["r1", "granted-anew"]


def test_a_refresh_token_that_is_good_for_once_is_followed() -> None:
    """Square gives such ones to apps without a secret."""
    ended = {"access_token": "one", "refresh_token": "r2", "expires_at": "2020-01-01T00:00:00Z"}
    with scripted((200, ended), secrets={"token": "r1", "client_id": "app"}) as (channel, script):
        channel.client.token()
        channel.client.token()
    assert [body["refresh_token"] for _, _, body in script.asked] == ["r1", "r2"]


def test_a_grant_that_is_over_is_told_without_its_tokens() -> None:
    answer, secrets = (401, {"error": "invalid_grant"}), {"token": "r1-secret", "client_id": "app"}
    with scripted(answer, secrets=secrets) as (channel, _), pytest.raises(Refused, match="grant it again") as said:
        list(channel.pages(LOCATIONS, None))
    assert "r1-secret" not in str(said.value)


def test_check_names_rights_currencies_and_locations() -> None:
    missing = (403, error("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES"))
    places = {"locations": [{"id": "L", "name": "Tokyo", "currency": "JPY"}]}
    fine: tuple[int, Any] = (200, {})
    answers = [(200, places), missing, fine, fine, missing, fine, fine]
    with scripted(*answers, locations={"WH-SH": "LX"}) as (channel, _):
        said = " ".join(channel.check())
    assert "Tokyo sells in JPY" in said
    assert "WH-SH is LX" in said
    assert "ORDERS_READ" in said
    assert "CUSTOMERS_READ" in said
    assert "PAYMENTS_READ" not in said
    with scripted(missing) as (channel, _):
        assert ["MERCHANT_PROFILE_READ" in one for one in channel.check()] == [True]


def test_a_shop_that_lacks_nothing_hears_nothing() -> None:
    with sandbox() as (_, channel, _wire):
        assert list(channel.check()) == []
