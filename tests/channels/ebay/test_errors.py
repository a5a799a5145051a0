"""eBay's errors: what is tried again, what is refused and with which advice, how access tokens are renewed."""

import base64
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request

from sluice.channels.ebay.orders import iso
from sluice.channels.protocol import ChannelError, Refused
from sluice.sandbox.ebay import SECRETS
from tests.channels.ebay.shop import GRANT, NOW, ORDERS, Reply, errors, scripted, shop

CURSOR = {"until": iso(NOW)}
EMPTY = {"total": 0, "orders": []}


def first(*answers: Reply) -> Any:
    """These answers, then good ones."""
    left = list(answers)
    return lambda request, body: left.pop(0) if left else (200, EMPTY)


def read(*answers: Reply) -> list[float]:
    """Seconds that were waited until the answer was good."""
    waits: list[float] = []
    with scripted(first(*answers)) as url:
        list(shop(url, waits).pages(ORDERS, CURSOR))
    return waits


def test_a_spent_limit_waits_as_long_as_ebay_says() -> None:
    assert read((429, errors(2001), {"Retry-After": "9"})) == [9.0]
    assert len(read((429, errors(2001)), (400, errors(2001)))) == 2


@pytest.mark.parametrize("answer", [(500, errors(30500)), (502, b"<html>"), (200, b'{"orders": [')])
def test_a_passing_fault_is_tried_again(answer: Reply) -> None:
    assert len(read(answer, answer)) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((403, errors(1100, "Access denied")), Refused, "sell.fulfillment"),
        ((401, errors(1010, "no")), Refused, "consent again"),
        ((400, errors(30810, "invalid filter")), ChannelError, "invalid filter"),
        ((404, b""), ChannelError, "404"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(answer: Reply, kind: type[Exception], said: str) -> None:
    calls: list[str] = []

    def script(request: Request, body: Any) -> Reply:
        calls.append(request.url.path)
        return answer

    with scripted(script) as url, pytest.raises(kind, match=said):
        list(shop(url).pages(ORDERS, CURSOR))
    assert len(calls) == 1


def test_a_token_that_ended_before_its_time_is_renewed_by_the_consent() -> None:
    grants, used = ["ended", "good"], []

    def grant(request: Request) -> Reply:
        known = base64.b64encode(f"{SECRETS['client_id']}:{SECRETS['client_secret']}".encode()).decode()
        assert request.headers["authorization"] == f"Basic {known}"
        form = parse_qs(request._body.decode())
        assert form["grant_type"] == ["refresh_token"]
        assert form["refresh_token"] == [SECRETS["refresh_token"]]
        assert form["scope"][0].split() == [
            f"https://api.ebay.com/oauth/api_scope/sell.{one}" for one in ("fulfillment", "inventory")
        ]
        return 200, GRANT | {"access_token": grants.pop(0)}

    def answer(request: Request, body: Any) -> Reply:
        used.append(request.headers["authorization"])
        return (401, errors(1001, "Invalid access token")) if used[-1].endswith("ended") else (200, EMPTY)

    with scripted(answer, grant) as url:
        list(shop(url).pages(ORDERS, CURSOR))
    assert used == ["Bearer ended", "Bearer good"]


@pytest.mark.parametrize(
    ("error", "said"),
    [("invalid_grant", "18 months"), ("invalid_client", "client_secret"), ("invalid_scope", "consent again")],
)
def test_a_refused_grant_says_what_to_do_and_no_secret(error: str, said: str) -> None:
    refusal: Reply = (400, {"error": error, "error_description": "d"})
    with scripted(first(), lambda request: refusal) as url, pytest.raises(Refused, match=said) as caught:
        list(shop(url).pages(ORDERS, CURSOR))
    assert not any(secret in str(caught.value) for secret in SECRETS.values())


def test_check_names_the_scope_that_is_missing() -> None:
    def script(request: Request, body: Any) -> Reply:
        return (403, errors(1100)) if "inventory" in request.url.path else (200, EMPTY)

    with scripted(script) as url:
        (said,) = shop(url).check()
    assert "sell.inventory" in said
