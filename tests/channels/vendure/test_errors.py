"""Vendure's errors, most of them in an answer that HTTP calls good: as a running server gave them, told apart by their body."""

import msgspec
import pytest

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.vendure import CONNECTOR
from tests.channels.vendure.server import CHANNELS, ORDERS, Asked, Said, answering, connection, failed, recorded, said

RECORDED = msgspec.json.decode(recorded("errors"))
NOBODY = {
    "data": {"login": {"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR", "message": "No."}}
}
SESSION = {"data": {"login": {"__typename": "CurrentUser", "id": "1"}}}


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("error-bad-token", Refused, "refused the API key"),
        ("error-api-key-lacks-permission", Refused, "role may not"),
        ("error-take-over-limit", ChannelError, "more than 1000"),
        ("error-syntax", ChannelError, "Syntax Error"),
        ("error-unknown-field", ChannelError, 'Cannot query field "nope"'),
        ("error-malformed-json", ChannelError, "HTTP 400"),
        ("error-wrong-path-404", ChannelError, "no Admin API"),
    ],
)
def test_what_a_running_server_refused_is_said_at_once(name: str, kind: type[ChannelError], words: str) -> None:
    answer = said(RECORDED[name]["body"], RECORDED[name]["status"])
    with answering(lambda asked: answer) as (url, got), pytest.raises(kind, match=words) as raised:
        next(CONNECTOR.open(connection(url)).pages(CHANNELS, None))
    assert raised.type is kind
    assert len(got) == 1


@pytest.mark.parametrize(
    "spoiled",
    [
        said(b"<html>Too many</html>", 429, Retry_After="0"),
        said(b"<html>Bad gateway</html>", 502),
        said(b"<html>We are back soon</html>"),
        said(recorded("channel")[:60]),
        failed("INTERNAL_SERVER_ERROR", "deadlock detected"),
    ],
    ids=["throttled", "bad gateway", "a page for people", "cut off", "server fault"],
)
def test_what_passes_is_asked_for_again(spoiled: Said) -> None:
    left = [spoiled, said(recorded("channel"))]
    with answering(lambda asked: left.pop(0)) as (url, got):
        (page,) = CONNECTOR.open(connection(url)).pages(CHANNELS, None)
    assert (page.body, page.complete, len(got)) == (recorded("channel"), True, 2)


def test_the_key_goes_in_its_header_and_the_channel_s_token_beside_it() -> None:
    with answering(lambda asked: said(recorded("channel"))) as (url, got):
        next(CONNECTOR.open(connection(url, {"key": "s3cret"}, channel_token="t", path="/admin")).pages(CHANNELS, None))
    headers = got[0]["headers"]
    assert (got[0]["path"], headers["vendure-api-key"], headers["vendure-token"]) == ("/admin", "s3cret", "t")
    assert "authorization" not in headers


def test_an_administrator_logs_in_once_and_again_when_the_session_ends() -> None:
    sessions = ["first", "second"]
    valid: list[str] = []

    def answer(asked: Asked) -> Said:
        if "login" in asked["query"]:
            assert asked["variables"] == {"user": "ann", "password": "s3cret"}
            valid[:] = [sessions.pop(0)]
            return said(SESSION, vendure_auth_token=valid[0])
        return said(recorded("channel")) if asked["headers"]["authorization"] == f"Bearer {valid[0]}" else failed("FORBIDDEN")

    with answering(answer) as (url, got):
        shop = CONNECTOR.open(connection(url, {"user": "ann", "key": "s3cret"}))
        for _ in range(2):
            next(shop.pages(CHANNELS, None))
        valid[:] = ["ended"]
        next(shop.pages(CHANNELS, None))
    assert [("login" in one["query"]) for one in got] == [True, False, False, False, True, False]


@pytest.mark.parametrize(
    ("login", "then", "words"), [(NOBODY, None, "administrator ann"), (SESSION, "FORBIDDEN", "ReadStockLocation")]
)
def test_an_administrator_who_may_not_is_told_what_to_do_and_keeps_the_password(login: object, then: str, words: str) -> None:
    def answer(asked: Asked) -> Said:
        return said(login, vendure_auth_token="t") if "login" in asked["query"] else failed(then)

    with answering(answer) as (url, _), pytest.raises(Refused, match=words) as raised:
        next(CONNECTOR.open(connection(url, {"user": "ann", "key": "s3cret"})).pages(CHANNELS, None))
    assert "s3cret" not in str(raised.value)


def test_a_server_that_finds_a_query_too_much_is_asked_for_less() -> None:
    def answer(asked: Asked) -> Said:
        if asked["variables"]["options"]["take"] > 20:
            return failed("BAD_USER_INPUT", "Query is too complex")
        return said({"data": {"orders": {"totalItems": 0, "items": []}}})

    with answering(answer) as (url, got):
        list(CONNECTOR.open(connection(url)).pages(ORDERS, None))
    assert [one["variables"]["options"]["take"] for one in got][:4] == [100, 50, 25, 12]


def test_each_missing_right_is_named() -> None:
    def answer(asked: Asked) -> Said:
        if "channel" in asked["query"]:
            settings = {"outOfStockThreshold": -5, "trackInventory": False, "serverConfig": {"moneyStrategyPrecision": 2}}
            return said({"data": {"activeChannel": {"id": "1"}, "globalSettings": settings}})
        if "customers" in asked["query"] or "updateProductVariants" in asked["query"]:
            return failed("FORBIDDEN")
        return said({"data": {"anything": {}}})

    with answering(answer) as (url, _):
        found = list(CONNECTOR.open(connection(url)).check())  # type: ignore[attr-defined]
    assert [
        word for word, line in zip(("ReadCustomer", "UpdateCatalog", "inventory", "-5"), found, strict=True) if word in line
    ] == [
        "ReadCustomer",
        "UpdateCatalog",
        "inventory",
        "-5",
    ]
