"""What a request asks for, judged as Amazon judges it: parameters that are named, lists of known words, moments with a zone."""

from collections.abc import Mapping
from datetime import datetime

from sluice.sandbox.amazon.records import Record

Query = Mapping[str, str]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Fault(Exception):
    """An answer that is an error list."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.errors: Record = {"errors": [{"code": code, "message": message, "details": details}]}


def known(query: Query, names: frozenset[str]) -> None:
    unknown = sorted(set(query) - names)
    if unknown:
        raise invalid(f"unknown parameter {unknown[0]}")


def some(query: Query, name: str, allowed: frozenset[str], required: bool = True) -> set[str]:
    """The values of a list, separated by commas."""
    given = set(query[name].split(",")) if query.get(name) else set()
    if given - allowed or (required and not given):
        raise invalid(f"{name}: {', '.join(sorted(given - allowed)) or 'is required'}")
    return given


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{text} is no ISO 8601 date") from None
    if found.tzinfo is None:
        raise invalid(f"{text} has no zone")
    return found


def number(query: Query, name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise invalid(f"{name}: from {low} to {high}")
    return int(text)


def invalid(details: str) -> Fault:
    return Fault(400, "InvalidInput", "Invalid Input", details)
