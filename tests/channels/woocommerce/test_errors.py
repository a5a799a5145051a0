"""WooCommerce's errors by their bodies, in words for a shop's owner; what passes is tried again, what lasts is said at once."""

from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused
from tests.channels.woocommerce.shop import ORDERS, Scripted, opened, scripted


def fault(code: str, message: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": message, "data": {"status": status}}


VIEW = fault("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)
SECRET = fault("woocommerce_rest_authentication_error", "Consumer secret is invalid.", 401)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((401, VIEW), Refused, "knows no such key"),
        ((401, SECRET), Refused, "clock is right"),
        ((401, fault("woocommerce_rest_cannot_edit", "Sorry.", 401)), Refused, "Read/Write"),
        ((403, b"<html>Blocked by the firewall</html>"), Refused, "security plugin"),
        ((400, fault("rest_invalid_param", "Invalid parameter(s): per_page", 400)), ChannelError, "per_page"),
        ((404, fault("rest_no_route", "No route was found.", 404)), ChannelError, "Permalinks"),
        ((404, b"<html>Not found</html>"), ChannelError, "Permalinks"),
        (
            (301, b"", {"Location": "https://shop.example/wp-json/wc/v3/orders?oauth_signature=x"}),
            ChannelError,
            "https://shop.example",
        ),
    ],
)
def test_what_lasts_is_said_at_once(answer: Scripted, kind: type[ChannelError], words: str) -> None:
    with scripted(answer) as (url, got), pytest.raises(kind, match=words) as raised:
        next(opened(url).pages(ORDERS, None))
    assert raised.type is kind
    assert len(got) == 1
    assert "oauth_signature" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        (429, b"<html>slow down</html>", {"Retry-After": "2"}),
        (500, {"code": "internal_server_error", "message": "There has been a critical error", "data": 500}),
        (503, b"<html>Briefly unavailable for scheduled maintenance.</html>"),
        (200, b'[{"id":1,"status":"proc'),
        (200, b"<br />\n<b>Warning</b>: Undefined array key in plugin.php<br />[]"),
    ],
)
def test_what_passes_is_tried_again(answer: Scripted) -> None:
    with scripted(answer, (200, [])) as (url, got):
        assert list(opened(url).pages(ORDERS, None)) == []
    assert len(got) == 3  # the bin, again, then the others


def test_a_key_that_was_dropped_on_the_way_is_not_shown_in_any_message() -> None:
    with scripted((500, b"broken")) as (url, _), pytest.raises(ChannelError) as raised:
        next(opened(url, auth="query").pages(ORDERS, None))
    assert "cs_sandbox" not in str(raised.value)
