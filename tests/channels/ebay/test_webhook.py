"""eBay's notifications: its own signed messages, and all that is not quite them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluice.channels.ebay.webhook import WEBHOOK

FIXTURES = Path(__file__).parents[2] / "fixtures"
MESSAGES: dict[str, dict[str, Any]] = json.loads((FIXTURES / "ebay" / "notifications.json").read_text(encoding="utf-8"))
GOOD = MESSAGES["VALID"]
KEY = GOOD["response"]["key"]


def body(message: dict[str, Any]) -> bytes:
    """As eBay writes it: the bytes that it signed have no blanks."""
    return json.dumps(message["message"], separators=(",", ":"), ensure_ascii=False).encode()


def judged(raw: bytes, signature: str, **secrets: str) -> bool:
    return WEBHOOK.verify(secrets or {"notification_key": KEY}, {"x-ebay-signature": signature}, raw)


def test_ebay_s_own_signed_message_is_good() -> None:
    assert judged(body(GOOD), GOOD["signature"])


@pytest.mark.parametrize("name", ["INVALID", "SIGNATURE_MISMATCH"])
def test_ebay_s_own_bad_messages_are_not(name: str) -> None:
    assert not judged(body(MESSAGES[name]), MESSAGES[name]["signature"])


def test_one_changed_byte_is_not() -> None:
    raw = body(GOOD)
    assert not judged(raw.replace(b"test_user", b"test_usfr"), GOOD["signature"])
    assert not judged(raw + b" ", GOOD["signature"])


@pytest.mark.parametrize(
    "signature", ["", "!", base64.b64encode(b"{}").decode(), base64.b64encode(b'{"signature": "AA=="}').decode()]
)
def test_a_header_that_says_nothing_is_not(signature: str) -> None:
    assert not judged(body(GOOD), signature)


def test_an_unknown_digest_is_not() -> None:
    said = json.loads(base64.b64decode(GOOD["signature"])) | {"digest": "MD5"}
    assert not judged(body(GOOD), base64.b64encode(json.dumps(said).encode()).decode())


def another_key() -> str:
    public = generate_private_key(SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_the_key_before_holds_beside_the_new_one_and_others_do_not() -> None:
    assert judged(body(GOOD), GOOD["signature"], notification_key=another_key(), notification_key_before=KEY)
    assert not judged(body(GOOD), GOOD["signature"], notification_key=another_key())
    assert not judged(body(GOOD), GOOD["signature"], notification_key="no key at all")


def test_an_event_is_kept_under_ebay_s_own_id() -> None:
    event = WEBHOOK.event({}, body(GOOD))
    assert event.event_id == GOOD["message"]["notification"]["notificationId"]
    assert (event.topic, event.stream) == ("MARKETPLACE_ACCOUNT_DELETION", None)
    assert event.occurred_at is not None
    assert WEBHOOK.event({}, b"not json").stream is None


def test_a_challenge_is_answered_as_ebays_own_sdks_answer_it() -> None:
    """The vector of eBay's event-notification SDKs (Apache-2.0)."""
    secrets = {
        "verification_token": "71745723-d031-455c-bfa5-f90d11b4f20a",
        "notification_address": "http://www.testendpoint.com/webhook",
    }
    assert WEBHOOK.challenge is not None
    answer = WEBHOOK.challenge(secrets, {"challenge_code": "a8628072-3d33-45ee-9004-bee86830a22d"})
    assert answer == b'{"challengeResponse":"ca527df75caa230092d7e90484071e8f05d63068f1317973d6a3a42593734bbb"}'
    assert WEBHOOK.challenge(secrets, {}) is None
