"""Answers as a platform might give them some day: a lens stands before a channel for the whole of a case."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from sluice.proofs.spoiled import Answer

Lens = Callable[[Answer], Answer]
Change = Callable[[dict[str, Any], bool], dict[str, Any]]
"""Of an object, and whether it lies in a list: then it is a record or a part of one, and no envelope."""
FOUR_BYTES = "🧵𠮷"
"""An emoji and a character of a surname, four bytes of UTF-8 and two UTF-16 units each."""
UNKNOWN = {"since": "2031-01-01", "list": [1, None, {"deep": True}]}
DOLLARS = {b"USD": b"JPY", b"usd": b"jpy"}
CURRENCY = re.compile(rb'(?<=")(USD|usd)(?=")')
COUNTED = re.compile("quantity|qty|count|num|total|item", re.IGNORECASE)
NAMED = re.compile("title|name|desc|summary", re.IGNORECASE)

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def unknown_fields(answer: Answer) -> Answer:
    """Every record, and each object in it, has a field that nobody asked for."""
    return _changed(answer, lambda found, listed: {**found, "x_proof": UNKNOWN} if listed else found)


def four_bytes(answer: Answer) -> Answer:
    """What was sold bears an emoji in its name: in each object that counts or sums up, and those right inside it."""

    def change(found: dict[str, Any], listed: bool) -> dict[str, Any]:
        if not any(COUNTED.search(name) for name in found):
            return found
        return {name: _named(value) if isinstance(value, dict) else _text(name, value) for name, value in found.items()}

    return _changed(answer, change)


def zero_decimals(answer: Answer) -> Answer:
    """What was in dollars is in yen, which has no smaller unit."""
    return replace(answer, body=CURRENCY.sub(lambda found: DOLLARS[found[0]], answer.body))


def _named(found: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(name, value) for name, value in found.items()}


def _text(name: str, value: Any) -> Any:
    """A name with a space or a Chinese character in it is for people to read, and no code."""
    is_words = isinstance(value, str) and (" " in value or any(ord(letter) > 0x2E7F for letter in value))
    return f"{value} {FOUR_BYTES}" if is_words and NAMED.search(name) and FOUR_BYTES not in value else value


def _changed(answer: Answer, change: Change) -> Answer:
    """The same JSON with each object changed, every number as it was written; other bodies as they are."""
    try:
        found = _decode(answer.body)
    except msgspec.DecodeError:
        return answer
    return replace(answer, body=_encode(_walked(found, change, False)))


def _walked(value: Any, change: Change, listed: bool) -> Any:
    if isinstance(value, list):
        return [_walked(one, change, True) for one in value]
    if isinstance(value, dict):
        return change({name: _walked(one, change, listed) for name, one in value.items()}, listed)
    return value
