"""WooCommerce's webhooks: the signature over the raw body, and a body that is the record itself."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from sluice.channels.woocommerce.contract import Order
from sluice.channels.woocommerce.webhook import event, record, verify
from tests.channels.woocommerce.shop import ORDERS, decoded, house

FIXTURES = Path(__file__).parents[2] / "fixtures" / "woocommerce"
SECRETS = {"webhook_secret": "hush"}
(DOCUMENTED, *_) = msgspec.json.decode((FIXTURES / "orders.json").read_bytes(), type=list[msgspec.Raw])
BODY = bytes(DOCUMENTED)


def headers(body: bytes, secret: str = "hush", topic: str = "order.updated") -> dict[str, str]:
    made = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"x-wc-webhook-signature": made, "x-wc-webhook-topic": topic, "x-wc-webhook-delivery-id": "abc"}


def test_the_key_of_rfc_4231_opens() -> None:
    """Test case 2, in base64."""
    made = base64.b64encode(bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")).decode()
    assert verify({"webhook_secret": "Jefe"}, {"x-wc-webhook-signature": made}, b"what do ya want for nothing?")


def test_only_the_raw_body_and_the_right_secret_open() -> None:
    assert verify(SECRETS, headers(BODY), BODY)
    assert not verify(SECRETS, headers(BODY), BODY + b" ")
    assert not verify(SECRETS, headers(BODY, "other"), BODY)
    assert not verify(SECRETS, {}, BODY)


def test_the_greeting_is_welcomed_and_nothing_else_without_a_signature() -> None:
    assert verify(SECRETS, {}, b"webhook_id=142")
    assert event({}, b"webhook_id=142").stream is None
    for other in (b"webhook_id=142&x=1", b'{"id": 1}', b"", b"webhook_id=142\n"):
        assert not verify(SECRETS, {}, other)
    assert not verify(SECRETS, {"x-wc-webhook-signature": "x"}, b"webhook_id=142")


def test_an_event_names_the_order_it_tells_of() -> None:
    told = event(headers(BODY), BODY)
    assert (told.stream, told.key, told.topic) == ("orders", ("727",), "order.updated")
    assert told.occurred_at == datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC)
    assert event(headers(BODY), b"no json").key is None
    deleted = event(headers(b'{"id":727}', topic="order.deleted"), b'{"id":727}')
    assert (deleted.stream, deleted.key) == (None, None)


def test_the_body_is_the_record_and_what_is_known_of_its_refunds_stays() -> None:
    with house() as shop:
        whole = next(one for one in decoded(shop.shop().pages(ORDERS, None)) if one.refunds)
        body = shop.theirs().get(f"orders/{whole.id}").content
    assert record(ORDERS, body, whole) == whole
    alone = record(ORDERS, body, None)
    assert [(one.id, one.total) for one in alone.refunds] == [(one.id, one.total) for one in whole.refunds]
    assert all(one.amount is None for one in alone.refunds)
    assert record(ORDERS, BODY, None) == msgspec.json.decode(BODY, type=Order, strict=False)


def test_a_body_that_breaks_the_contract_is_said_so() -> None:
    with pytest.raises(msgspec.ValidationError):
        record(ORDERS, b'{"id": 1}', None)
