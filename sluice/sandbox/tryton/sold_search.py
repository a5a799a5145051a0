"""Searching the models of sales: the domain is asked of a frame, and only the records of the page asked for are made."""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import polars as pl

from sluice.sandbox.paged import matching, ordered
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import invoices, sales
from sluice.sandbox.tryton.search import taken
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.sold import orders
from sluice.sandbox.tryton.tables import LINKS, table
from sluice.sandbox.tryton.values import Record

COMPARED: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "=": lambda found, value: found.is_null() if value is None else found == value,
    "!=": lambda found, value: found.is_not_null() if value is None else found != value,
    "in": lambda found, value: found.is_in(value),
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "like": lambda found, value: found.str.starts_with(value.removesuffix("%")),
}


def search(
    state: SandboxState, model: str, domain: list[Any], order: list[list[str]] | None, page: slice, fields: list[str]
) -> list[Record]:
    """A page of the records that match, in order. KeyError names a model, field or operator that is not there."""
    by = order or [["id", "ASC"]]
    key = (SHOP.channel, "search", model)
    rows = ordered(state, key, table(state, model), [name for name, _ in by], [direction == "DESC" for _, direction in by])
    shown = rows[matching(rows, _condition(state, model, rows, domain))[page]]
    heads = list(dict.fromkeys(["id", *(name.partition(".")[0] for name in fields)]))
    if set(heads) <= set(rows.columns):
        return [_plain(row) for row in shown.select(heads).to_dicts()]
    return _records(state, model, shown)


def _condition(state: SandboxState, model: str, frame: pl.DataFrame, domain: list[Any]) -> pl.Expr:
    if domain and isinstance(domain[0], str) and domain[0] not in ("AND", "OR"):
        name, sign, value = domain[0], domain[1], taken(domain[2])
        if (model, sign) == ("sale.sale", "in") and name in LINKS:
            return pl.col("id").is_in(_linked(state, LINKS[name], value))
        if name not in frame.columns:
            raise KeyError(name)
        # Of lists the first counts: none here has more.
        column = pl.col(name).list.first() if frame.schema[name] == pl.List else pl.col(name)
        return COMPARED[sign](column, value)
    clauses = domain[1:] if domain[:1] in (["AND"], ["OR"]) else domain
    each = [_condition(state, model, frame, clause) for clause in clauses]
    return reduce(operator.or_ if domain[:1] == ["OR"] else operator.and_, each) if each else pl.repeat(True, pl.len())


def _linked(state: SandboxState, model: str, ids: list[int]) -> list[int]:
    """The sales of these records."""
    return table(state, model).filter(pl.col("id").is_in(ids))["sale"].drop_nulls().to_list()


def _plain(row: Record) -> Record:
    return row | {"total_amount": invoices.money(row["total_amount"])} if "total_amount" in row else row


def _records(state: SandboxState, model: str, rows: pl.DataFrame) -> list[Record]:
    """Sales or invoices in full. KeyError for another model: its frame has all that is known of it."""
    make = {"sale.sale": _sale, "account.invoice": _invoice}[model]
    sold, persons = orders(state), state.world.persons
    wanted = rows["position"].unique().sort()
    found = sold[sold["position"].search_sorted(wanted)]
    documents = dict(zip(wanted, state.view(SHOP.channel, SHOP.shop).documents(found), strict=True))
    homes = dict(zip(wanted, persons[persons["person_id"].search_sorted(found["ship_to_person_id"])].to_dicts(), strict=True))
    names = sales.Names.of(state)
    return [
        make(documents[position], homes[position], names, id, refund) | {"create_date": created, "write_date": changed}
        for id, position, refund, created, changed in rows.select(
            "id", "position", "refund", "create_date", "write_date"
        ).iter_rows()
    ]


def _sale(document: Record, home: Record, names: sales.Names, id: int, refund: int | None) -> Record:
    return sales.sale(document, home, names) if refund is None else sales.returned(document, _of(document, id), home, names)


def _invoice(document: Record, home: Record, names: sales.Names, id: int, refund: int | None) -> Record:
    if refund is None:
        return invoices.of_sale(document)
    agreed = _of(document, id)
    return invoices.of_return(document, agreed) if agreed["kind"] == "return" else invoices.credit_note(document)


def _of(document: Record, refund: int) -> Record:
    found: Record = next(one for one in document["refunds"] if int(one["refund_id"]) == refund)
    return found
