"""Refunds among a seller's transactions: all are found, though they show up late, and what the buyer got is right to the cent."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from sluice.channels.amazon.connector import Amazon
from sluice.channels.amazon.finances import LATE, transactions
from sluice.channels.amazon.gateway import iso
from sluice.channels.amazon.refunds import Refund, refunds
from sluice.channels.protocol import ChannelError, Cursor
from sluice.sandbox.amazon import SHOP
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.amazon.shop import NOW, REFUNDS, Reply, records, scripted, shop
from tests.sandbox.worlds import world

HERE = "ATVPDKIKX0DER"


def charge(kind: str, amount: str, *inner: dict[str, Any]) -> dict[str, Any]:
    money = {"currencyAmount": Decimal(amount), "currencyCode": "USD"}
    return {"breakdownType": kind, "breakdownAmount": money, "breakdowns": list(inner) or None}


def transaction(**more: Any) -> dict[str, Any]:
    return {
        "transactionType": "Refund",
        "transactionId": "t",
        "postedDate": "2026-10-01T00:00:00Z",
        "totalAmount": {"currencyAmount": Decimal("-9.00"), "currencyCode": "USD"},
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "1"}],
        "marketplaceDetails": {"marketplaceId": HERE},
        "items": [{"breakdowns": [charge("ProductCharges", "-10")], "contexts": [{"contextType": "ProductContext", "sku": "X"}]}],
        **more,
    }


def found(*told: dict[str, Any], **payload: Any) -> list[Refund]:
    body = msgspec.json.Encoder(decimal_format="number").encode({"payload": {"transactions": told, **payload}})
    return [msgspec.json.decode(one, type=Refund) for one in refunds(body, HERE)]


@pytest.fixture
def sandbox() -> Iterator[tuple[str, SandboxState]]:
    state = SandboxState(world())
    with hosted(state) as url:
        yield f"{url}/amazon", state


def read(here: Amazon, state: SandboxState, cursor: Cursor | None, late: timedelta) -> tuple[set[str], Cursor | None]:
    since = here.connection.since
    pages = list(transactions(here.gateway, HERE, cursor, since, state.now, late))
    return {one.transactionId for one in records(pages, REFUNDS)}, next(
        (page.cursor for page in reversed(pages) if page.cursor), cursor
    )


@pytest.mark.parametrize(("late", "is_whole"), [(LATE, True), (timedelta(0), False)])
def test_a_refund_that_shows_up_two_days_late_is_found(
    sandbox: tuple[str, SandboxState], late: timedelta, is_whole: bool
) -> None:
    """Day by day, and again when all that was posted has shown up. With no time for being late some are lost."""
    url, state = sandbox
    here = shop(url, now=lambda: state.now)
    seen, cursor = read(here, state, None, late)
    for _ in range(12):
        state.advance(1)
        more, cursor = read(here, state, cursor, late)
        seen |= more
    whole, _ = read(here, state, None, late)
    assert len(whole) > 15
    assert (seen == whole) is is_whole


def test_all_that_the_sandbox_paid_back_of_sent_orders_is_told_to_the_cent(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    state.join(SHOP)
    here = shop(url, now=lambda: state.now)
    told: dict[str, list[Refund]] = {}
    for one in records(list(here.pages(REFUNDS, None)), REFUNDS):
        told.setdefault(one.refundId, []).append(one)
    view = state.view(SHOP.channel, SHOP.shop)
    owed = {
        refund["refund_id"]: refund["amount_minor"]
        for one in view.documents(view.orders)
        if one["shipped_at"]
        for refund in one["refunds"]
        if refund["completed_at"] and refund["completed_at"] <= state.now - LATE - timedelta(minutes=2)
    }
    assert len(owed) > 15
    assert owed.keys() <= told.keys()
    assert any(len(ones) == 2 for ones in told.values())  # deferred and released
    for name, minor in owed.items():
        for one in told[name]:
            charges = {part.breakdownType: part.breakdownAmount.currencyAmount for part in one.items[0].charges}
            buyers = [amount for path, amount in charges.items() if "Fees" not in path and "Facilitator" not in path]
            assert -sum(buyers) == Decimal(minor).scaleb(-2)
            assert sum(charges.values()) == one.totalAmount.currencyAmount


def test_windows_leave_no_gap_and_empty_pages_are_gone_through() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: Request) -> Reply:
        asked.append(dict(request.query_params))
        token = None if "nextToken" in asked[-1] else "two"
        return 200, {"payload": {"transactions": [], "nextToken": token}}

    with scripted(answer) as url:
        pages = list(shop(url).pages(REFUNDS, None))
    firsts = [one for one in asked if "nextToken" not in one]
    assert len(asked) == 2 * len(firsts)
    assert [one["postedAfter"] for one in firsts[1:]] == [one["postedBefore"] for one in firsts[:-1]]
    assert "postedBefore" not in firsts[-1]
    assert all("marketplaceId" not in one for one in asked)
    # nothing is through before its last page is
    assert [page.cursor is None for page in pages] == [True, False] * len(firsts)
    assert pages[-1].cursor == {"after": iso(NOW - timedelta(minutes=2))}


def test_what_is_read_again_for_being_late_does_not_take_the_cursor_back() -> None:
    reached = iso(NOW - timedelta(hours=1))
    with scripted(lambda request: (200, {"payload": {"transactions": []}})) as url:
        pages = list(shop(url).pages(REFUNDS, {"after": reached}))
        old = list(shop(url).pages(REFUNDS, {"after": iso(NOW - timedelta(days=90))}))
    assert [page.cursor for page in pages] == [{"after": iso(NOW - timedelta(minutes=2))}]
    assert all(page.cursor and page.cursor["after"] >= iso(NOW - timedelta(days=90)) for page in old)


def test_a_token_that_leads_back_is_an_error() -> None:
    with (
        scripted(lambda request: (200, {"payload": {"transactions": [], "nextToken": "same"}})) as url,
        pytest.raises(ChannelError, match="page token"),
    ):
        list(shop(url).pages(REFUNDS, None))


def test_without_the_role_check_names_it_and_the_option_leaves_refunds_out() -> None:
    denied = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}

    def answer(request: Request) -> Reply:
        return (403, denied) if "finances" in request.url.path else (200, {"orders": [], "items": [{}]})

    with scripted(answer) as url:
        assert ["Finance and Accounting" in said for said in shop(url).check()] == [True]
        assert list(shop(url, refunds=False).check()) == []
        assert list(shop(url, refunds=False).pages(REFUNDS, None)) == []


def test_only_what_gives_back_in_this_marketplace_is_a_refund() -> None:
    told = [
        transaction(transactionId="here"),
        transaction(transactionId="unsaid", marketplaceDetails=None),
        transaction(transactionId="claim", transactionType="GuaranteeClaim"),
        transaction(transactionId="elsewhere", marketplaceDetails={"marketplaceId": "A1PA6795UKMFR9"}),
        transaction(transactionId="sale", transactionType="Shipment"),
        transaction(transactionId="fee", transactionType="ServiceFee", relatedIdentifiers=None),
    ]
    assert [one.transactionId for one in found(*told)] == ["here", "unsaid", "claim"]


def test_amounts_that_are_told_of_the_whole_are_the_only_item_s() -> None:
    tree = [charge("Expenses", "-9", charge("ProductCharges", "-10"), charge("AmazonFees", "1"))]
    item = {"breakdowns": None, "contexts": [{"contextType": "ProductContext", "sku": "X", "quantityShipped": 2}]}
    (one,) = found(transaction(breakdowns=tree, items=[item]))
    assert [(part.sku, part.quantityShipped, len(part.charges)) for part in one.items] == [("X", 2, 2)]
    assert [part.breakdownType for part in one.items[0].charges] == ["Expenses/ProductCharges", "Expenses/AmazonFees"]
    (two,) = found(transaction(breakdowns=tree, items=[item, item]))
    assert [(part.sku, len(part.charges)) for part in two.items] == [(None, 2)]
    (bare,) = found(transaction(items=None))
    assert [(part.charges, part.totalAmount) for part in bare.items] == [([], bare.totalAmount)]


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"totalAmount": {"currencyAmount": "ten", "currencyCode": "USD"}}, "totalAmount.currencyAmount"),
        ({"totalAmount": None}, "totalAmount"),
        ({"relatedIdentifiers": []}, "orderId"),
        ({"transactionId": None}, "transactionId"),
        ({"postedDate": "yesterday"}, "postedDate"),
        ({"items": [{"breakdowns": [{"breakdownType": "ProductCharges"}]}]}, "breakdownAmount"),
        ({"items": "none"}, "items"),
    ],
)
def test_a_broken_refund_is_handed_on_for_the_contract_to_say_why(spoiled: dict[str, Any], reason: str) -> None:
    body = json.dumps({"payload": {"transactions": [transaction() | spoiled]}}, default=float).encode()
    (record,) = refunds(body, HERE)
    with pytest.raises(msgspec.ValidationError, match=reason.rpartition(".")[2]):
        msgspec.json.decode(record, type=Refund)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15), max_size=5))
def test_every_digit_of_an_amount_is_kept(amounts: list[Decimal]) -> None:
    (one,) = found(transaction(items=[{"breakdowns": [charge("ProductCharges", str(amount)) for amount in [*amounts, 1]]}]))
    assert [part.breakdownAmount.currencyAmount for part in one.items[0].charges] == [*amounts, Decimal(1)]
