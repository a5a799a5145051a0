"""Searching a model: Odoo's domains in prefix notation, order, limit and offset; records shown as Odoo shows them."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import polars as pl

FORMAT = "%Y-%m-%d %H:%M:%S"
COMPARED: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


class Invalid(Exception):
    """A search that Odoo would refuse, in its words."""


def search(
    frame: pl.DataFrame, model: str, domain: list[Any], order: str | None = None, active_test: bool = True
) -> pl.DataFrame:
    """The records that match, in order. Raises Invalid."""
    shown = arranged(frame, model, order or "id")
    return shown[matching(shown, model, domain, active_test)]


def arranged(frame: pl.DataFrame, model: str, order: str) -> pl.DataFrame:
    """All records in order, what is empty at the end. Raises Invalid."""
    by = [part.split() for part in order.split(",")]
    if unknown := [part[0] for part in by if part[0] not in frame.columns]:
        raise Invalid(f"Invalid field {unknown[0]!r} on model {model!r}")
    return frame.sort([part[0] for part in by], descending=[part[1:] == ["desc"] for part in by], nulls_last=True)


def matching(frame: pl.DataFrame, model: str, domain: list[Any], active_test: bool = True) -> pl.Series:
    """Positions of the records that match. Archived ones only where the domain asks about `active`. Raises Invalid."""
    if "active" in frame.columns and active_test and not any(term[0] == "active" for term in domain if isinstance(term, list)):
        domain = [["active", "=", True], *domain]
    if not domain:
        return pl.int_range(len(frame), eager=True)
    return frame.select(pl.arg_where(_condition(frame, model, domain))).to_series()


def _condition(frame: pl.DataFrame, model: str, domain: list[Any]) -> pl.Expr:
    """Prefix notation: an operator takes what stands after it; terms side by side are joined by 'and'."""
    stack: list[pl.Expr] = []
    for term in reversed(domain):
        if term == "!":
            stack.append(~stack.pop())
        elif term in ("&", "|"):
            left, right = stack.pop(), stack.pop()
            stack.append(left & right if term == "&" else left | right)
        else:
            stack.append(_term(frame, model, *term))
    return reduce(operator.and_, stack, pl.lit(True))


def _term(frame: pl.DataFrame, model: str, field: str, sign: str, value: Any) -> pl.Expr:
    if field not in frame.columns:
        raise Invalid(f"Invalid field {model}.{field} in leaf ('{field}', '{sign}', {value!r})")
    column, kind = pl.col(field), frame.schema[field]
    if sign in ("in", "not in"):
        matches = _among(column, kind, value)
        return matches if sign == "in" else ~matches
    if sign in ("=", "!="):
        return _equal(column, kind, value) if sign == "=" else ~_equal(column, kind, value)
    if sign not in COMPARED:
        raise Invalid(f"Invalid leaf ('{field}', '{sign}', {value!r})")
    compared = COMPARED[sign](column, _typed(kind, value))
    return compared.fill_null(False)


def _among(column: pl.Expr, kind: pl.DataType, values: list[Any]) -> pl.Expr:
    """Whether it is one of these, or, of a field that holds several references, has one of these."""
    of_one = kind.inner if isinstance(kind, pl.List) else kind
    given = pl.Series([one for one in values if not _asks_if_empty(kind, one)], dtype=of_one).implode()
    is_one = column.list.eval(pl.element().is_in(given)).list.any() if isinstance(kind, pl.List) else column.is_in(given)
    is_empty = _empty(column, kind) if any(_asks_if_empty(kind, one) for one in values) else pl.lit(False)
    return is_one.fill_null(False) | is_empty


def _asks_if_empty(kind: pl.DataType, value: Any) -> bool:
    return value is False and kind != pl.Boolean


def _empty(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    return column.list.len() == 0 if isinstance(kind, pl.List) else column.is_null()


def _equal(column: pl.Expr, kind: pl.DataType, value: Any) -> pl.Expr:
    """False of a field that is no boolean asks whether it is empty."""
    if _asks_if_empty(kind, value):
        return _empty(column, kind)
    return column.eq(_typed(kind, value)).fill_null(False)


def _typed(kind: pl.DataType, value: Any) -> Any:
    if isinstance(kind, pl.Datetime):
        return pl.lit(datetime.strptime(value, FORMAT).replace(tzinfo=UTC)).dt.cast_time_unit("us")
    return value


def shown(found: pl.DataFrame, model: str, fields: list[str]) -> list[dict[str, Any]]:
    """`fields` of these records, the id always with them: references as [id, name], empty as false. Raises Invalid."""
    offered = [name for name in found.columns if "." not in name]
    wanted = list(dict.fromkeys(["id", *(fields or offered)]))
    for name in wanted:
        if name not in offered:
            raise Invalid(f"Invalid field '{name}' on model '{model}'")
    columns = [_column(found, name) for name in wanted]
    return [dict(zip(wanted, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(found: pl.DataFrame, name: str) -> list[Any]:
    values = found[name]
    if f"{name}.name" in found.columns:
        pairs = zip(values, found[f"{name}.name"], strict=True)
        return [False if id is None else [id, label] for id, label in pairs]
    if isinstance(values.dtype, pl.Datetime):
        values = values.dt.strftime(FORMAT)
    return [False if value is None else value for value in values.to_list()]
