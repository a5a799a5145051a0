"""Searching a model as Tryton does: domains of clauses joined by AND or OR, order, limit; records shown in Tryton's JSON."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.models import REFERS, quantity, records
from sluice.sandbox.tryton.values import Record

TIME = ("year", "month", "day", "hour", "minute", "second", "microsecond")
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "in": lambda found, value: found in value,
    "not in": lambda found, value: found not in value,
    ">": lambda found, value: found is not None and found > value,
    ">=": lambda found, value: found is not None and found >= value,
    "<": lambda found, value: found is not None and found < value,
    "<=": lambda found, value: found is not None and found <= value,
    "like": lambda found, value: found is not None and fnmatchcase(found, value.replace("%", "*")),
}

WRITTEN: Mapping[type, Callable[[Any], Record]] = {
    Decimal: lambda value: {"__class__": "Decimal", "decimal": str(value)},
    datetime: lambda value: {"__class__": "datetime", **{part: getattr(value, part) for part in TIME}},
    date: lambda value: {"__class__": "date", **{part: getattr(value, part) for part in TIME[:3]}},
}


def search(state: SandboxState, model: str, domain: list[Any], order: list[list[str]] | None, archived: bool) -> list[Record]:
    """The records that match, in order: null last. KeyError names a model, field or operator that is not there."""
    if not archived and "active" not in str(domain):
        domain = [domain, ["active", "=", True]] if _has(state, model, "active") else domain
    found = [record for record in records(state, model).values() if matches(state, model, record, domain)]
    for name, direction in reversed(order or [["id", "ASC"]]):
        found.sort(
            key=lambda record, name=name: (record[name] is None, record[name] or 0),  # type: ignore[misc]
            reverse=direction == "DESC",
        )
    return found


def _has(state: SandboxState, model: str, name: str) -> bool:
    return any(name in record for record in records(state, model).values())


def matches(state: SandboxState, model: str, record: Record, domain: list[Any]) -> bool:
    if domain and isinstance(domain[0], str) and domain[0] not in ("AND", "OR"):
        name, sign, value = domain[:3]
        return COMPARED[sign](_followed(state, model, record, name), taken(value))
    clauses = domain[1:] if domain[:1] in (["AND"], ["OR"]) else domain
    each = (matches(state, model, record, clause) for clause in clauses)
    return any(each) if domain[:1] == ["OR"] else all(each)


def _followed(state: SandboxState, model: str, record: Record, path: str) -> Any:
    head, _, rest = path.partition(".")
    if not rest or record[head] is None:
        return record[head]
    return _followed(state, REFERS[head], records(state, REFERS[head])[record[head]], rest)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Fields asked for: a record's own, and through each reference or list those of what is there."""

    own: list[str]
    through: dict[str, "Wanted"]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Wanted":
        own: list[str] = []
        deeper: dict[str, list[str]] = {}
        for name in names:
            head, _, rest = name.partition(".")
            if rest:
                deeper.setdefault(head, []).append(rest)
            else:
                own.append(head)
        return cls(own, {head: cls.of(rest) for head, rest in deeper.items()})


def shown(state: SandboxState, model: str, record: Record, wanted: Wanted, context: Mapping[str, Any]) -> Record:
    """The fields asked for, the id always with them. What is asked of a reference x stands in "x.": of one by id it is looked up,
    of records in the record it is there. KeyError names a field."""
    said: Record = {"id": record["id"]}
    for name in wanted.own:
        if (model, name) == ("product.product", "quantity"):
            said[name] = quantity(state, context.get("locations") or [], record["id"])
        else:
            said[name] = given(record[name])
    for name, deeper in wanted.through.items():
        said[f"{name}."] = _through(state, name, record[name], deeper, context)
    return said


def _through(state: SandboxState, name: str, found: Any, wanted: Wanted, context: Mapping[str, Any]) -> Any:
    if isinstance(found, list):
        return [_through(state, name, one, wanted, context) for one in found]
    if isinstance(found, int):
        found = records(state, REFERS[name])[found]
    return None if found is None else shown(state, REFERS.get(name, name), found, wanted, context)


def given(value: Any) -> Any:
    """A value as Tryton writes it."""
    write = WRITTEN.get(type(value))
    return write(value) if write else value


def taken(value: Any) -> Any:
    """A value as Tryton reads it."""
    if isinstance(value, dict) and value.get("__class__") == "datetime":
        return datetime(*(value[part] for part in TIME))
    if isinstance(value, dict) and value.get("__class__") == "date":
        return date(*(value[part] for part in TIME[:3]))
    return value
