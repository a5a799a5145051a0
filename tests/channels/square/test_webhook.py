"""Square's notifications: signed over address and body, whole records where Square sends them."""

import base64
import hmac
import importlib
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import pytest

from sluice.channels.square import CONNECTOR, contract
from sluice.channels.square.webhook import HEADER, WEBHOOK
from tests.channels.square.spec import SPEC

URL, KEY = "https://example.com/webhooks/square/main", "signature-key"
SECRETS = {"webhook_secret": KEY, "webhook_url": URL}
PAYMENT = SPEC["examples"]["ListPaymentsResponse"]["payments"][0]


def told(topic: str = "payment.updated", **data: object) -> bytes:
    body = {
        "merchant_id": "M",
        "type": topic,
        "event_id": "e1",
        "created_at": "2026-05-01T10:00:00.5Z",
        "data": {"type": topic.split(".")[0], "id": "1", "object": data or {"payment": PAYMENT}},
    }
    return msgspec.json.encode(body)


def signature(body: bytes, url: str = URL, key: str = KEY) -> dict[str, str]:
    return {HEADER: base64.b64encode(hmac.new(key.encode(), url.encode() + body, sha256).digest()).decode()}


def test_the_rule_is_rfc_4231_s_hmac_over_address_and_body() -> None:
    """Test case 2 of RFC 4231, its data cut between address and body."""
    secrets = {"webhook_secret": "Jefe", "webhook_url": "what do ya "}
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert WEBHOOK.verify(secrets, {HEADER: base64.b64encode(digest).decode()}, b"want for nothing?")


def test_anything_else_is_not_from_square() -> None:
    body = told()
    assert WEBHOOK.verify(SECRETS, signature(body), body)
    assert not WEBHOOK.verify(SECRETS, signature(body), body + b" ")
    assert not WEBHOOK.verify(SECRETS, signature(body, url=URL + "/"), body)
    assert not WEBHOOK.verify(SECRETS, signature(body, key="other"), body)
    assert not WEBHOOK.verify(SECRETS, {}, body)
    assert not WEBHOOK.verify(SECRETS, {HEADER: "é"}, body)
    assert not WEBHOOK.verify({"webhook_secret": KEY}, signature(body, url=""), body)


def test_square_s_own_helper_agrees() -> None:
    helper = importlib.import_module("square.utils.webhooks_helper")
    body = told(payment={"note": "Müller 米"})
    header = signature(body)[HEADER]
    assert helper.verify_signature(request_body=body.decode(), signature_header=header, signature_key=KEY, notification_url=URL)
    assert WEBHOOK.verify(SECRETS, {HEADER: header}, body)


def test_a_payment_comes_whole() -> None:
    event = WEBHOOK.event({}, told())
    assert (event.event_id, event.stream, event.key) == ("e1", "payments", (PAYMENT["id"],))
    assert event.occurred_at == datetime(2026, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    record = WEBHOOK.record(CONNECTOR.stream("payments"), told(), None)
    assert isinstance(record, contract.Payment)
    assert record.amount_money.amount == PAYMENT["amount_money"]["amount"]


def test_of_an_order_only_the_id_comes_so_polling_reads_it() -> None:
    event = WEBHOOK.event({}, told("order.updated", order_updated={"order_id": "O", "version": 2}))
    assert (event.stream, event.key, event.topic) == (None, None, "order.updated")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": 3}', told("payment.created", refund={"id": "x"}), b"\xff"])
def test_what_can_t_be_read_is_kept_all_the_same(body: bytes) -> None:
    event = WEBHOOK.event({}, body)
    assert event.stream is None
    assert event.event_id


def test_a_body_that_breaks_its_contract_says_so() -> None:
    with pytest.raises((ValueError, msgspec.ValidationError)):
        WEBHOOK.record(CONNECTOR.stream("payments"), told("payment.updated", payment={"id": "x"}), None)
    with pytest.raises(ValueError, match="no payment"):
        WEBHOOK.record(CONNECTOR.stream("payments"), told("payment.updated", refund={"id": "x"}), None)
