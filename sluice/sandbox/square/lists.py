"""Answers as Square gives them: errors by category, and lists in pages whose cursors belong to their question."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from sluice.sandbox.square.records import stamp

Body = Mapping[str, Any]
Keyed = tuple[Mapping[str, str], bytes]


class Fault(Exception):
    """An answer of errors."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.answer = {"category": category, "code": code, "detail": detail} | ({"field": field} if field else {})


def invalid(code: str, detail: str, field: str | None = None, status: int = 400) -> Fault:
    return Fault(status, "INVALID_REQUEST_ERROR", code, detail, field)


def as_json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json")


def only(asked: Body, names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise invalid("UNKNOWN_BODY_PARAMETER", f"{name} is not known.", name)


def limit(value: Any, most: int) -> int:
    if not isinstance(value, int) or not 1 <= value <= most:
        raise invalid("INVALID_VALUE", f"The limit must be from 1 to {most}.", "limit")
    return value


def between(rows: list[Keyed], name: str, span: Mapping[str, str | None]) -> list[Keyed]:
    """Both bounds included. Stamps of one form sort as text."""
    start, end = (_stamp(span.get(bound)) for bound in ("start_at", "end_at"))
    return [row for row in rows if (start is None or row[0][name] >= start) and (end is None or row[0][name] <= end)]


def _stamp(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return stamp(datetime.fromisoformat(text).astimezone(UTC))
    except ValueError as fault:
        raise invalid("INVALID_TIME", "Not an RFC 3339 time.") from fault


def page(rows: list[Keyed], limit: int, asked: Body, names: Sequence[str]) -> tuple[list[Keyed], str | None]:
    """The page that the cursor names. A cursor is good for the question that it was given for, and for no other."""
    question = hashlib.sha256(msgspec.json.encode([asked.get(name) for name in names], order="deterministic")).hexdigest()[:16]
    start = 0
    if asked.get("cursor"):
        try:
            at, of = base64.urlsafe_b64decode(asked["cursor"]).decode().split(":")
        except ValueError as fault:
            raise invalid("INVALID_CURSOR", "The cursor can't be read.", "cursor") from fault
        if of != question:
            raise invalid("INVALID_CURSOR", "The cursor belongs to another query.", "cursor")
        start = int(at)
    end = start + limit
    following = base64.urlsafe_b64encode(f"{end}:{question}".encode()).decode() if end < len(rows) else None
    return rows[start:end], following


def answer(name: str, found: Iterable[bytes], cursor: str | None, spoiled: Callable[[bytes], bytes] = lambda body: body) -> bytes:
    """A list as Square answers it: what is empty is left out."""
    told: dict[str, Any] = {}
    shown = [msgspec.Raw(spoiled(body)) for body in found]
    if shown:
        told[name] = shown
    if cursor:
        told["cursor"] = cursor
    return msgspec.json.encode(told)
