"""Signatures against those that independent packages agree on, and the notifications' rule."""

import hmac
import json
from typing import Any

import pytest

from sluice.channels.shopee.gateway import signature
from sluice.channels.shopee.push import WEBHOOK
from tests.channels.shopee.shop import FIXTURES

AGREED = json.loads((FIXTURES / "signing.json").read_text())
SECRETS = {"push_key": "key", "push_url": "https://example.com/webhooks/shopee/main"}
BODY = b'{"data":{"ordersn":"201214JASXYXY6","status":"CANCELLED"},"shop_id":1,"code":3,"timestamp":1660123127}'


@pytest.mark.parametrize("agreed", AGREED, ids=lambda agreed: agreed["path"])
def test_signatures_that_other_packages_agree_on(agreed: dict[str, Any]) -> None:
    expected = agreed.pop("sign")
    assert signature(**agreed) == expected


def header(body: bytes, url: str = SECRETS["push_url"]) -> dict[str, str]:
    return {"authorization": hmac.new(b"key", url.encode() + b"|" + body, "sha256").hexdigest()}


def test_a_notification_is_signed_over_address_and_body() -> None:
    assert WEBHOOK.verify(SECRETS, header(BODY), BODY)
    assert not WEBHOOK.verify(SECRETS, header(BODY), BODY.replace(b"CANCELLED", b"COMPLETED"))
    assert not WEBHOOK.verify(SECRETS, header(BODY, "https://elsewhere.example"), BODY)
    assert not WEBHOOK.verify(SECRETS, {}, BODY)
    assert not WEBHOOK.verify({"push_key": "key"}, header(BODY, ""), BODY)


def test_a_notification_is_kept_and_not_taken_for_an_order() -> None:
    event = WEBHOOK.event({}, BODY)
    assert (event.topic, event.stream) == ("order status", None)
    assert event.changed == "201214JASXYXY6"
    assert WEBHOOK.event({}, b'{"code":3,"data":"[]"}').changed is None
    assert event.occurred_at is not None
    assert event.occurred_at.timestamp() == 1660123127
    assert WEBHOOK.event({}, BODY).event_id == event.event_id != WEBHOOK.event({}, BODY + b" ").event_id
    assert WEBHOOK.event({}, b"nothing").topic == "unreadable"
