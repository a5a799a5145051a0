"""OAuth 1.0a by its own published examples, and every way in that WooCommerce knows."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sluice.channels.protocol import Refused
from sluice.channels.woocommerce.client import Client
from sluice.channels.woocommerce.oauth import OAuth1, base_string, signature
from sluice.sandbox.woocommerce.server import READING, SECRETS
from tests.channels.woocommerce.shop import ORDERS, house, opened

RFC_5849_3_4_1_1 = (
    "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
    "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
    "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
)


def test_the_base_string_of_the_rfc() -> None:
    """Section 3.4.1.1: names twice, empty values, and everything that has to be encoded."""
    sent = [
        ("b5", "=%3D"),
        ("a3", "a"),
        ("c@", ""),
        ("a2", "r b"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    assert base_string("post", "HTTP://EXAMPLE.com:80/request?b5=%3D%253D", sent) == RFC_5849_3_4_1_1


def test_the_signature_of_the_specification() -> None:
    """OAuth Core 1.0, appendix A.5."""
    sent = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1191242096",
        "oauth_nonce": "kllo9940pd9333jh",
        "oauth_version": "1.0",
        "file": "vacation.jpg",
        "size": "original",
    }
    text = base_string("GET", "http://photos.example.net/photos", sent.items())
    assert signature(text, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "sha1") == "tR3+Ty81lMeYAr/Fid0kMTYa/WM="


def test_a_request_that_is_sent_again_is_signed_anew_and_never_shows_the_secret() -> None:
    url = "http://shop.example:8080/wp/wp-json/wc/v3/orders?include=1%2C2&after=2026-01-01T00%3A00%3A00"
    signed = [requests.Request("GET", url, auth=OAuth1("ck_1", "cs_secret")).prepare().url for _ in range(2)]
    asked = [parse_qs(urlsplit(str(one)).query) for one in signed]
    assert asked[0]["oauth_nonce"] != asked[1]["oauth_nonce"]
    assert asked[0]["include"] == ["1,2"]
    assert "cs_secret" not in str(signed)


def test_every_way_in_opens_and_closes() -> None:
    with house() as shop:
        for auth in ("auto", "oauth1"):
            assert next(shop.shop(auth=auth, page_size=1).pages(ORDERS, None)).body
        # Basic is not read where the line is not encrypted
        with pytest.raises(Refused, match=r"options\.auth"):
            next(shop.shop(auth="basic").pages(ORDERS, None))
        for auth in ("basic", "query"):
            behind_proxy = shop.shop(auth=auth, page_size=1)
            behind_proxy.client._transport.headers["X-Forwarded-Proto"] = "https"
            assert next(behind_proxy.pages(ORDERS, None)).body
        for auth in ("basic", "oauth1"):
            wrong = opened(shop.url, shop.state, SECRETS | {"consumer_secret": "cs_wrong"}, auth=auth)
            wrong.client._transport.headers["X-Forwarded-Proto"] = "https" if auth == "basic" else "http"
            with pytest.raises(Refused, match="did not accept the secret or the signature") as said:
                next(wrong.pages(ORDERS, None))
            assert "cs_wrong" not in str(said.value)


def test_https_means_basic_by_itself() -> None:
    shop = opened("https://shop.example")
    assert type(shop.client._auth) is requests.auth.HTTPBasicAuth
    assert isinstance(shop.client, Client)


def test_the_check_tells_what_the_key_may_not() -> None:
    with house() as shop:
        assert list(shop.shop().check()) == []
        (said,) = opened(shop.url, shop.state, READING).check()
        assert "Read/Write" in said
        shop.state.faults.plan("woocommerce", refuse=True)
        assert [word.split(":")[0] for word in shop.shop().check()][:3] == ["orders", "customers", "products"]
