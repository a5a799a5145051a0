"""No order is lost between pages, whatever changes meanwhile and however many share a moment; carts are not orders."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from sluice.channels.protocol import Page
from sluice.channels.vendure import CONNECTOR
from tests.channels.vendure.server import ORDERS, VARIANTS, Asked, Said, answering, connection, recorded, said
from tests.channels.vendure.shelf import Shelf

START = datetime(2026, 3, 1, tzinfo=UTC)
COUNT = 23


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order(number: int, placed: datetime, updated: datetime | None = None) -> dict[str, Any]:
    return {"id": str(number), "orderPlacedAt": stamp(placed), "updatedAt": stamp(updated or placed)}


def ids(pages: Sequence[Page]) -> list[str]:
    return [msgspec.json.decode(record)["id"] for page in pages for record in CONNECTOR.records(ORDERS, page.body, page.context)]


@pytest.mark.parametrize("apart", [timedelta(hours=1), timedelta(milliseconds=300), timedelta(0)])
def test_every_order_comes_whatever_share_a_moment(apart: timedelta) -> None:
    # ids fall while time goes on: whoever sorts by id first loses orders
    shelf = Shelf([order(COUNT - number, START + number * apart) for number in range(COUNT)])
    with answering(shelf.answer) as (url, _):
        pages = list(CONNECTOR.open(connection(url, page_size=5)).pages(ORDERS, None))
    assert set(ids(pages)) == {str(number) for number in range(1, COUNT + 1)}


def test_orders_that_change_during_the_walk_shift_no_other_past_it() -> None:
    shelf = Shelf([order(number, START, START + number * timedelta(hours=1)) for number in range(1, COUNT + 1)])

    def cancel(request: int) -> None:
        # those at the front move to the end
        if request >= 2:
            shelf.orders[request]["updatedAt"] = stamp(START + timedelta(days=9 + request))

    shelf.before = cancel
    cursor = {"placed_at": stamp(START + timedelta(days=1)), "updated_at": stamp(START)}
    with answering(shelf.answer) as (url, _):
        pages = list(CONNECTOR.open(connection(url, page_size=5)).pages(ORDERS, cursor))
    assert set(ids(pages)) == {str(number) for number in range(1, COUNT + 1)}


def test_an_order_from_a_cart_that_was_opened_long_ago_is_found() -> None:
    """Placing an order moves no stamp: the running server showed `updatedAt` of the cart."""
    now = START + timedelta(days=30)
    shelf = Shelf([order(1, START + timedelta(days=29)), order(2, now, updated=START)])
    cursor = {"placed_at": stamp(now - timedelta(hours=1)), "updated_at": stamp(now - timedelta(hours=1))}
    with answering(shelf.answer) as (url, _):
        pages = list(CONNECTOR.open(connection(url)).pages(ORDERS, cursor))
    assert ids(pages) == ["2"]


def test_a_walk_that_was_cut_short_goes_on_where_it_was() -> None:
    shelf = Shelf([order(number, START + timedelta(hours=number)) for number in range(1, COUNT + 1)])
    with answering(shelf.answer) as (url, _):
        shop = CONNECTOR.open(connection(url, page_size=5))
        first = next(iter(shop.pages(ORDERS, None)))
        rest = list(shop.pages(ORDERS, first.cursor))
    assert set(ids([first, *rest])) == {str(number) for number in range(1, COUNT + 1)}
    assert "1" not in ids(rest)
    assert rest[-1].cursor == {
        "placed_at": (START + timedelta(hours=COUNT)).isoformat(),
        "updated_at": "2026-11-23T06:00:00+00:00",
    }


def test_orders_are_read_again_by_id_and_missing_ones_are_gone() -> None:
    shelf = Shelf([order(1, START), order(2, START)])

    def answer(asked: Asked) -> Said:
        asked["variables"]["options"].setdefault("sort", {"id": "ASC"})
        return shelf.answer(asked)

    with answering(answer) as (url, got):
        pages = list(CONNECTOR.open(connection(url)).again(ORDERS, ["2", "7"]))  # type: ignore[attr-defined]
    assert (ids(pages), pages[0].gone, pages[0].cursor, len(got)) == (["2"], [("7",)], None, 1)


def test_a_snapshot_that_lost_records_meanwhile_is_not_called_whole() -> None:
    """What slipped past the offset would be taken for deleted."""
    items = [{"id": str(number)} for number in range(1, 8)]

    def answer(asked: Asked) -> Said:
        options = asked["variables"]["options"]
        shown = items[options["skip"] : options["skip"] + options["take"]]
        reply = said({"data": {"productVariants": {"totalItems": len(items), "items": shown}}})
        if options["skip"] == 0:
            items.pop(0)
        return reply

    with answering(answer) as (url, _):
        shop = CONNECTOR.open(connection(url, page_size=3))
        assert [page.complete for page in shop.pages(VARIANTS, None)] == [False, False, False]
        items[:] = [{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}, {"id": "5"}]
        assert not any(page.complete for page in shop.pages(VARIANTS, None))


def test_a_claim_is_what_was_owed_before_anything_was_cancelled() -> None:
    """Orders 3 and 14 were cancelled on the running server, which shows a total of 0; their payments show what was owed."""
    precision = {"data": {"globalSettings": {"serverConfig": {"moneyStrategyPrecision": 2}}}}

    def answer(asked: Asked) -> Said:
        if "precision" in asked["query"]:
            return said(precision)
        return said(recorded("claims"))

    with answering(answer) as (url, _):
        claims = CONNECTOR.open(connection(url)).claims(START, datetime(2027, 1, 1, tzinfo=UTC))
        found = {claim.order_id: claim.total for claim in claims}
    assert (found["1"], found["3"]) == (Decimal("318.15"), Decimal("83.00"))
    assert min(found.values()) > 0
    assert len(found) == 14


@pytest.mark.parametrize("stream", CONNECTOR.streams, ids=lambda stream: stream.name)
def test_what_a_running_server_answered_keeps_the_contract(stream: Any) -> None:
    body = recorded({"channels": "channel"}.get(stream.name, stream.name))
    records = list(CONNECTOR.records(stream, body, {}))
    assert records
    for record in records:
        msgspec.json.decode(record, type=stream.record)
