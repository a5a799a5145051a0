"""The table of what each channel does, in docs/channels.md, says yes exactly where connectors and staging models have it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_type_hints

import pytest

from sluice.channels.protocol import Checking, Connector, Rereading, Shipping
from sluice.channels.registry import connectors

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
KNOWN = connectors()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def united(table: str, channel: str) -> bool:
    """Whether the unified view reads something of the channel."""
    return f"'{channel}'" in _text(MODELS / "unified" / f"{table}.sql")


def told(model: str, column: str, channel: str) -> bool:
    """Whether the channel's staging model makes the column of what the channel tells, and not of a constant."""
    text = _text(MODELS / "staging" / channel / f"stg_{channel}__{model}.sql")
    made = re.search(rf"^\s*(\S.* as |\w+\.)?{column},?$", text, re.MULTILINE)
    return made is not None and not re.match(r"(0|cast\((null|0) as \w+\)|null)(::\w+)? as ", made[1] or "")


def able(connector: Connector, what: type) -> bool:
    """Whether what the connector opens can do it, by its class."""
    opened = connector.open if isinstance(connector.open, type) else get_type_hints(connector.open)["return"]
    return all(hasattr(opened, name) for name in vars(what) if not name.startswith("_"))


def renews(channel: str) -> bool:
    """Whether short-lived tokens are kept and renewed."""
    return any("connection.tokens" in _text(file) for file in (ROOT / "sluice" / "channels" / channel).glob("*.py"))


def abilities(channel: str, connector: Connector) -> dict[str, bool]:
    """By the heading of the table's column."""
    return {
        "orders": united("orders", channel) and united("order_lines", channel),
        "discounts": told("orders", "discount_amount", channel),
        "taxes": told("orders", "tax_amount", channel),
        "fees of shipping": told("orders", "shipping_amount", channel),
        "payments": united("payments", channel),
        "refunds": united("refunds", channel),
        "customers": united("customers", channel),
        "parcels, tracking": united("shipments", channel) and told("shipments", "tracking_number", channel),
        "products": united("products", channel),
        "stock read": united("stock", channel) or united("platform_stock", channel),
        "quotas out": connector.publishes is not None,
        "parcels out": able(connector, Shipping),
        "notifications": connector.webhook is not None,
        "tokens renewed": renews(channel),
        "open orders again": able(connector, Rereading),
        "check": able(connector, Checking),
    }


def rows() -> Iterator[tuple[str, dict[str, str]]]:
    """The table as it is written: by channel, the cells by heading."""
    section = _text(ROOT / "docs" / "channels.md").partition("## What each of them does\n")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in section.splitlines() if line.startswith("|")]
    headings = lines[0][1:]
    for channel, *cells in lines[2:]:
        yield channel.strip("`"), dict(zip(headings, cells, strict=True))


def reasons() -> Mapping[str, str]:
    """By heading, the words below the table on who has no yes there."""
    section = _text(ROOT / "docs" / "channels.md").partition("## What each of them does\n")[2].partition("\n## ")[0]
    found = re.findall(r"^- \*\*(.+?)\.\*\* (.+?)(?=\n- |\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
    return {heading.lower(): " ".join(words.split()) for heading, words in found}


def test_every_channel_has_a_row() -> None:
    assert [channel for channel, _ in rows()] == sorted(KNOWN)


@pytest.mark.parametrize("channel", sorted(KNOWN))
def test_yes_stands_exactly_where_it_is_done(channel: str) -> None:
    written = dict(rows())[channel]
    real = abilities(channel, KNOWN[channel])
    assert {name: cell == "yes" for name, cell in written.items()} == real
    assert set(written.values()) <= {"yes", "none", "not yet"}


def test_where_there_is_no_yes_the_reason_is_named() -> None:
    why = reasons()
    for channel, cells in rows():
        for heading, cell in cells.items():
            assert cell == "yes" or f"`{channel}`" in why.get(heading, ""), f"{channel} has no {heading}, and nobody says why"


def test_a_reason_is_given_for_nobody_who_has_it() -> None:
    table = dict(rows())
    for heading, words in reasons().items():
        named = {channel for channel in KNOWN if f"`{channel}`" in words}
        assert {channel for channel in named if table[channel][heading] == "yes"} == set()


def test_a_constant_is_not_told_and_a_column_is() -> None:
    """The judge itself: it would call nothing told, or all."""
    assert told("orders", "total_amount", "amazon")
    assert told("orders", "refunded_amount", "amazon")
    assert not told("orders", "paid_at", "amazon")
    assert not told("orders", "no_such_column", "amazon")
    assert not united("stock", "amazon")
    assert not able(KNOWN["lazada"], Shipping)
    assert able(KNOWN["shopify"], Shipping)
