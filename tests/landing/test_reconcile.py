"""Reconciliation finds each order that the warehouse has not, has too many of, or has at another price: to the cent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
import pytest

from sluice.channels.protocol import Connector, OrderClaim
from sluice.landing.land import land
from sluice.landing.reconcile import Reconciliation, reconcile
from tests.landing.toy import CONNECTION, ORDERS, START, Toy, order, page, toy

DAY = timedelta(days=1)


class Claiming(Toy):
    """A channel that claims what it is told to."""

    def __init__(self, claimed: Sequence[OrderClaim]) -> None:
        super().__init__()
        self.claimed = claimed

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        yield from self.claimed


def claiming(*claims: OrderClaim) -> Connector:
    return replace(toy(), open=lambda connection: Claiming(claims))


def claim(number: int, total: str | None = None, currency: str = "EUR") -> OrderClaim:
    return OrderClaim(str(number), Decimal(total or f"{number}.10"), currency)


@pytest.fixture
def held(raw: psycopg.Connection) -> psycopg.Connection:
    """Orders 1, 2 and 3; order 4 in quarantine."""
    raw.execute((Path(__file__).parent / "unified.sql").read_text())
    land(raw, toy({"orders": [page([order(1), order(2), order(3), order(4, paid="perhaps")])]}), CONNECTION, ORDERS)
    return raw


def found(db: psycopg.Connection, *claims: OrderClaim, tolerance: str = "0") -> Reconciliation:
    return reconcile(db, claiming(*claims), CONNECTION, START - DAY, START + DAY, Decimal(tolerance))


def test_what_agrees(held: psycopg.Connection) -> None:
    result = found(held, *(claim(number) for number in range(1, 5)))
    assert result.agrees
    assert (result.claimed_orders, result.held_orders, result.quarantined_orders) == (4, 3, 1)
    assert (result.claimed_totals, result.held_totals) == ({"EUR": Decimal("10.40")}, {"EUR": Decimal("6.30")})
    assert result.sentence() == "toy/main agrees: 4 orders, 10.40 EUR, 1 in quarantine"


def test_a_missing_order(held: psycopg.Connection) -> None:
    held.execute("delete from raw.toy_orders where id = '2'")
    result = found(held, *(claim(number) for number in range(1, 5)))
    assert not result.agrees
    assert (result.missing, result.surplus, result.differing) == (["2"], [], [])
    assert "1 missing (2)" in result.sentence()


def test_a_surplus_order(held: psycopg.Connection) -> None:
    result = found(held, claim(1), claim(2))
    assert (result.missing, result.surplus, result.differing) == ([], ["3"], [])


def test_an_order_outside_the_window_is_no_surplus(held: psycopg.Connection) -> None:
    land(held, toy({"orders": [page([order(9, processedAt="2025-01-01T00:00:00Z")], at=1)]}), CONNECTION, ORDERS)
    assert found(held, claim(1), claim(2), claim(3)).agrees


def test_a_claimed_order_is_held_whatever_its_time(held: psycopg.Connection) -> None:
    land(held, toy({"orders": [page([order(9, processedAt="2025-01-01T00:00:00Z")], at=1)]}), CONNECTION, ORDERS)
    assert found(held, claim(1), claim(2), claim(3), claim(9)).agrees


@pytest.mark.parametrize("other", [claim(2, "2.11"), claim(2, currency="USD")])
def test_an_order_at_another_price_or_in_another_currency(held: psycopg.Connection, other: OrderClaim) -> None:
    result = found(held, claim(1), other, claim(3))
    assert (result.missing, result.surplus, result.differing) == ([], [], ["2"])


def test_a_cent_may_be_tolerated_two_may_not(held: psycopg.Connection) -> None:
    assert found(held, claim(1), claim(2, "2.11"), claim(3), tolerance="0.01").agrees
    assert not found(held, claim(1), claim(2, "2.12"), claim(3), tolerance="0.01").agrees


def test_what_quarantine_holds_is_not_compared_with_its_older_form(held: psycopg.Connection) -> None:
    land(held, toy({"orders": [page([order(2, 1, paid="perhaps")], at=1)]}), CONNECTION, ORDERS)
    result = found(held, claim(1), claim(2, "99.00"), claim(3))
    assert result.agrees
    assert result.quarantined_orders == 1


def test_a_claim_told_twice_counts_once(held: psycopg.Connection) -> None:
    result = found(held, claim(1), claim(2, "9.99"), claim(3), claim(2))
    assert result.agrees
    assert result.claimed_orders == 3


def test_only_the_first_twenty_are_named_but_all_are_counted(held: psycopg.Connection) -> None:
    result = found(held, *(claim(number) for number in range(100, 150)), claim(1), claim(2), claim(3))
    assert result.missing_orders == 50
    assert result.missing == [str(number) for number in range(100, 120)]


def test_it_can_be_kept_as_json(held: psycopg.Connection) -> None:
    result = found(held, claim(1), claim(2), claim(3))
    kept = msgspec.to_builtins(result, str_keys=True)
    assert kept["claimed_totals"] == {"EUR": "6.30"}
    assert result.metadata()["claimed_orders"] == 3
