"""Tokens are renewed and kept, errors mean what they say, each try is signed anew."""

from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused, Remembered
from sluice.channels.shopee.gateway import Expired, Fault, meaning, signature
from sluice.channels.transport import Throttled, Transient
from sluice.sandbox.shopee import SECRETS
from tests.channels.shopee.shop import NOW, REFRESH, Asked, granted, scripted, shop

INFO = "/api/v2/shop/get_shop_info"


class Platform:
    """Grants access-1, access-2 ... each for the refresh token before it."""

    def __init__(self) -> None:
        self.grants = 0
        self.valid = ""
        self.accepts = {SECRETS["refresh_token"]}

    def __call__(self, asked: Asked) -> dict[str, Any]:
        if asked["path"] == REFRESH:
            if asked["body"]["refresh_token"] not in self.accepts:
                return {"error": "error_shop_refresh_token", "message": "Your refresh token is error", "HTTP": 403}
            self.grants += 1
            self.accepts = {f"refresh-{self.grants}"}
            self.valid = f"access-{self.grants}"
            return granted(self.grants)
        if asked["query"]["access_token"] != [self.valid]:
            return {"error": "invalid_acceess_token", "message": "Invalid access_token, please have a check.", "HTTP": 403}
        return {"status": "NORMAL"}


def test_a_token_serves_until_shortly_before_its_end_and_its_successor_comes_of_the_new_refresh_token() -> None:
    clock, platform = [NOW], Platform()
    with scripted(platform) as (url, asked):
        found = shop(url, lambda: clock[0])
        for hours in (0, 1, 3.8):
            clock[0] = NOW + timedelta(hours=hours)
            list(found.check())
        assert platform.grants == 1
        clock[0] = NOW + timedelta(hours=4)
        list(found.check())
    bodies = [one["body"] for one in asked if one["path"] == REFRESH]
    assert [one["refresh_token"] for one in bodies] == [SECRETS["refresh_token"], "refresh-1"]
    assert bodies[0]["partner_id"] == int(SECRETS["partner_id"])
    assert bodies[0]["shop_id"] == int(SECRETS["shop_id"])


def test_tokens_outlive_the_connection() -> None:
    tokens, platform = Remembered(), Platform()
    with scripted(platform) as (url, _):
        list(shop(url, tokens=tokens).check())
        list(shop(url, tokens=tokens).check())
    assert platform.grants == 1
    assert tokens.token is not None
    assert tokens.token["refresh_token"] == "refresh-1"


def test_a_token_that_was_taken_back_is_renewed_once() -> None:
    platform = Platform()
    with scripted(platform) as (url, asked):
        found = shop(url)
        list(found.check())
        platform.valid = "another"
        list(found.check())
        assert platform.grants == 2
        assert [one["query"].get("access_token") for one in asked if one["path"] == INFO] == [
            ["access-1"],
            ["access-1"],
            ["access-2"],
        ]


def test_a_new_authorisation_takes_over_from_a_refresh_token_that_is_spent() -> None:
    tokens, platform = Remembered(), Platform()
    with scripted(platform) as (url, _):
        list(shop(url, tokens=tokens).check())
        platform.accepts, platform.valid = {"granted-anew"}, ""
        with pytest.raises(Refused, match="authorise"):
            list(shop(url, tokens=tokens).check())
        list(shop(url, tokens=tokens, secrets=SECRETS | {"refresh_token": "granted-anew"}).check())
    assert platform.grants == 2


def test_an_end_may_be_told_as_a_moment() -> None:
    """As the documentation's sample has it, against its own description."""
    ends = int((NOW + timedelta(hours=4)).timestamp())
    tokens = Remembered()
    with scripted(lambda asked: granted(1, expire_in=ends) if asked["path"] == REFRESH else {}) as (url, _):
        list(shop(url, tokens=tokens).check())
    assert tokens.token is not None
    assert tokens.token["ends"] == ends


def test_each_try_has_a_time_and_a_signature_of_its_own() -> None:
    clock, tries = [NOW], []

    def platform(asked: Asked) -> dict[str, Any]:
        if asked["path"] == REFRESH:
            return granted(1)
        tries.append(asked["query"])
        clock[0] += timedelta(minutes=4)
        return {"error": "error_rate_limit", "message": "Too many requests.", "HTTP": 429} if len(tries) < 3 else {}

    with scripted(platform) as (url, _):
        list(shop(url, lambda: clock[0]).check())
    stamps = [int(query["timestamp"][0]) for query in tries]
    assert stamps == [int(NOW.timestamp()) + 240 * number for number in range(3)]
    for query, stamp in zip(tries, stamps, strict=True):
        one = signature(SECRETS["partner_key"], int(SECRETS["partner_id"]), INFO, stamp, "access-1", int(SECRETS["shop_id"]))
        assert query["sign"] == [one]


def test_a_public_call_bears_neither_token_nor_shop() -> None:
    with scripted(Platform()) as (url, asked):
        list(shop(url).check())
    assert set(asked[0]["query"]) == {"partner_id", "timestamp", "sign"}


@pytest.mark.parametrize(
    ("error", "message", "kind", "words"),
    [
        ("error_rate_limit", "Too many requests.", Throttled, ""),
        ("error_limit", "daily API call limit", ChannelError, "00:00"),
        ("error_server", "Something wrong. Please try later.", Transient, ""),
        ("product.error_inner", "System error", Transient, ""),
        ("error_auth", "System error, please try again later.", Transient, ""),
        ("invalid_acceess_token", "Invalid access_token, please have a check.", Expired, ""),
        ("error_auth", "Invalid access_token.", Expired, ""),
        ("common.error_auth", "Invalid access_token.", Expired, ""),
        ("error_sign", "Wrong sign.", Refused, "partner_key"),
        ("error_partner_key_expired", "Your API partner key has expired", Refused, "partner_key"),
        ("error_auth", "partner_id is invalid", Refused, "partner_id"),
        ("error_auth", "Invalid partner_id or shopid.", Refused, "shop_id"),
        ("shop_no_linked", "Partner and shop has no linked.", Refused, "authorise"),
        ("refresh_token_expired", "Your refresh_token expired.", Refused, "authorise"),
        ("error_auth", "No permission to current api.", Refused, "console"),
        ("source_ip_undeclared", "Request Source IP is undeclared.", Refused, "console"),
        ("error_param", "Timestamp is expired.", ChannelError, "clock"),
        ("order.order_list_invalid_time", "Start time must be earlier than end time", ChannelError, "order_list_invalid_time"),
    ],
)
def test_errors_mean(error: str, message: str, kind: type[Exception], words: str) -> None:
    found = meaning(Fault(error, message))
    assert type(found) is kind
    assert words in str(found)


def test_a_dash_is_no_error() -> None:
    """The documentation's samples have one where nothing is wrong."""
    assert not Fault("-", "-")
    assert not Fault("", "")
    assert not Fault(None)


@pytest.mark.parametrize("status", [200, 403])
def test_an_error_is_read_whatever_the_status(status: int) -> None:
    told = {"error": "error_sign", "message": "Wrong sign.", "HTTP": status}
    with scripted(lambda asked: told) as (url, _), pytest.raises(Refused, match="partner_key"):
        list(shop(url).check())


def test_secrets_are_in_no_message() -> None:
    told = {"error": "error_shop_refresh_token", "message": "no"}
    with scripted(lambda asked: told) as (url, _), pytest.raises(Refused) as said:
        list(shop(url).check())
    assert not [value for name, value in SECRETS.items() if name.endswith(("key", "token")) and value in str(said.value)]
    assert not [value for name, value in SECRETS.items() if name.endswith(("key", "token")) and value in repr(shop("http://x"))]
