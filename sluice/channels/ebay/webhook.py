"""eBay's notifications: signed by eBay's own key (ECDSA over the raw body), which is asked for once by its id and then kept.

The header x-ebay-signature is JSON in base64: the key's id, the digest and the signature. Which key that is, eBay tells at
/commerce/notification/v1/public_key/{kid}. Notifications tell that something happened, not how the order now stands: they are
kept, and reading finds the order. Before it sends any, eBay asks the address to prove that it knows the verification token.

The library for the signature, cryptography, is among what is installed because great-expectations needs it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct

from sluice.channels.protocol import Event, Stream, Webhook

HEADER = "x-ebay-signature"
TOKEN, ENDPOINT = "verification_token", "notification_address"
KEYS = ("notification_key", "notification_key_before")
DIGESTS: dict[str, type[HashAlgorithm]] = {"SHA1": SHA1, "SHA256": SHA256}


class _Signature(Struct):
    signature: str
    alg: str = ""
    digest: str = "SHA1"


class _Metadata(Struct):
    topic: str = ""


class _Notification(Struct):
    notificationId: str = ""
    eventDate: datetime | None = None


class _Body(Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    notification: _Notification = msgspec.field(default_factory=_Notification)


def public_key(text: str) -> EllipticCurvePublicKey:
    """eBay's key from what it answers: PEM, which it writes in one line. Raises ValueError."""
    inside = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    pem = f"-----BEGIN PUBLIC KEY-----\n{inside}\n-----END PUBLIC KEY-----\n"
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not a key of eBay's kind")
    return key


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the kept keys signed this body."""
    try:
        said = msgspec.json.decode(base64.b64decode(headers.get(HEADER, ""), validate=True), type=_Signature)
        signature = base64.b64decode(said.signature, validate=True)
    except (binascii.Error, msgspec.MsgspecError):
        return False
    digest = DIGESTS.get(said.digest.upper().replace("-", ""))
    return digest is not None and any(_fits(secrets[name], signature, body, digest()) for name in KEYS if secrets.get(name))


def _fits(key: str, signature: bytes, body: bytes, digest: HashAlgorithm) -> bool:
    try:
        public_key(key).verify(signature, body, ECDSA(digest))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """What the notification says it is; kept, since it does not carry the record."""
    try:
        told = msgspec.json.decode(body, type=_Body)
    except msgspec.MsgspecError:
        return Event(headers.get(HEADER, ""), "unreadable")
    return Event(told.notification.notificationId, told.metadata.topic, occurred_at=told.notification.eventDate)


def record(stream: Stream, body: bytes, whole: Any) -> Struct:
    """None of eBay's notifications carries a record. Raises ValueError."""
    raise ValueError("eBay's notifications carry no records")


def challenge(secrets: Mapping[str, str], query: Mapping[str, str]) -> bytes | None:
    """What eBay wants to hear of its challenge code; None where it asked nothing.

    SHA-256 over code, verification token and the address as it was given to eBay, in hexadecimal digits.
    """
    code = query.get("challenge_code")
    if code is None:
        return None
    text = code + secrets[TOKEN] + secrets[ENDPOINT]
    return msgspec.json.encode({"challengeResponse": hashlib.sha256(text.encode()).hexdigest()})


WEBHOOK = Webhook(TOKEN, verify, event, record, also=(ENDPOINT,), challenge=challenge)
