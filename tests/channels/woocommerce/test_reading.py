"""Nothing is lost by pages that shift, seconds that many share, bins that are emptied, or stamps that do not move."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sluice.channels.protocol import ChannelError
from sluice.channels.woocommerce.walk import MODIFIED, after, by_time, naive, utc
from tests.channels.woocommerce.shop import CUSTOMERS, ORDERS, PRODUCTS, House, decoded, house, opened, scripted


def ids(found: list[Any]) -> set[int]:
    return {one.id for one in found}


def all_ids(shop: House) -> set[int]:
    return ids(decoded(shop.shop().pages(ORDERS, None)))


def test_times_are_utc_and_written_without_a_zone() -> None:
    assert naive(utc("2026-03-29T01:30:00")) == "2026-03-29T01:30:00"
    # the hour that New York's clocks leave out, which WordPress would read as an hour later
    skipped = [after(utc(f"2026-03-08T0{hour}:15:00"), ZoneInfo("America/New_York")) for hour in (1, 2, 3)]
    assert skipped == ["2026-03-08T01:15:00", "2026-03-08T01:45:00", "2026-03-08T03:15:00"]
    with house() as shop:
        page = next(shop.shop(page_size=1).pages(ORDERS, None))
        (order,) = decoded([page])
        assert page.cursor == {"modified": utc(order.date_modified_gmt).isoformat()}
        record = page.body.decode()
        assert f'"date_modified":"{order.date_modified_gmt}"' not in record  # the site is in New York


@pytest.mark.parametrize("hpos", [True, False])
def test_a_second_that_many_orders_share_is_read_whole(hpos: bool) -> None:
    """A bulk edit stamps more orders with one second than a page has."""
    with house(hpos) as shop:
        theirs = shop.theirs()
        before = shop.shop().pages(ORDERS, None)
        *_, last = before
        shop.state.advance(1)
        edited = sorted(all_ids(shop))[:37]
        for number in edited:
            theirs.put(f"orders/{number}", {"status": "on-hold"})
        found = decoded(shop.shop(page_size=5).pages(ORDERS, last.cursor))
        assert {one.id for one in found if one.status == "on-hold"} == set(edited)


def test_what_changes_between_two_pages_is_seen_then_or_at_the_next_reading() -> None:
    with house() as shop:
        theirs, before = shop.theirs(), all_ids(shop)
        seen: dict[int, str] = {}
        cursor = None
        changed = iter(sorted(before))
        for _ in range(2):
            for page in shop.shop(page_size=20).pages(ORDERS, cursor):
                seen |= {one.id: one.status for one in decoded([page])}
                cursor = page.cursor or cursor
                if len(seen) < len(before) - 10:
                    # leaves the pages that were read: all others move up by one
                    shop.state.set_clock(shop.state.now + timedelta(minutes=1))
                    theirs.put(f"orders/{next(changed)}", {"status": "on-hold"})
        assert set(seen) >= before
        now = {one.id: one.status for one in decoded(shop.shop().pages(ORDERS, None))}
        assert {number: seen[number] for number in before} == {number: now[number] for number in before}


@pytest.mark.parametrize("hpos", [True, False])
def test_whole_pages_end_where_the_list_ends(hpos: bool) -> None:
    """Where the last page is full, too, and past it there is nothing, however that is told."""
    with house(hpos) as shop:
        count = len(all_ids(shop))
        for size in (count, count // 2, 100):
            size = min(size, 100)
            assert len(ids(decoded(shop.shop(page_size=size).pages(ORDERS, None)))) == count


def test_orders_in_the_bin_are_read_and_deleted_ones_are_gone() -> None:
    with house() as shop:
        first, second, third, *_ = sorted(all_ids(shop))
        *_, last = shop.shop().pages(ORDERS, None)
        shop.state.advance(0.1)
        shop.theirs().delete(f"orders/{first}")
        shop.theirs().delete(f"orders/{second}", params={"force": True})
        read = {one.id: one.status for one in decoded(shop.shop().pages(ORDERS, last.cursor))}
        assert read[first] == "trash"
        assert second not in read
        again = list(shop.shop().again(ORDERS, [str(first), str(second), str(third)]))
        assert {one.id: one.status == "trash" for one in decoded(again)} == {first: True, third: False}
        assert [key for page in again for key in page.gone] == [(str(second),)]
        assert all(page.cursor is None for page in again)


@pytest.mark.parametrize(("hpos", "stamped"), [(True, True), (False, False)])
def test_what_moves_no_stamp_is_found_by_reading_again(hpos: bool, stamped: bool) -> None:
    with house(hpos) as shop:
        orders = decoded(shop.shop().pages(ORDERS, None))
        *_, last = shop.shop().pages(ORDERS, None)
        refunded = next(one for one in orders if len(one.refunds) == 1)
        noted = next(one for one in orders if not one.refunds)
        shop.state.advance(0.1)
        shop.theirs().delete(f"orders/{refunded.id}/refunds/{refunded.refunds[0].id}", params={"force": True})
        shop.theirs().put(f"orders/{noted.id}", {"meta_data": [{"key": "x", "value": "new"}]})
        read = ids(decoded(shop.shop(overlap_minutes=0).pages(ORDERS, last.cursor)))
        assert refunded.id not in read
        assert (noted.id in read) is stamped
        found = {one.id: one for one in decoded(shop.shop().again(ORDERS, [str(refunded.id), str(noted.id)]))}
        assert found[refunded.id].refunds == []
        assert {"key": "x", "value": "new", "id": 99} in found[noted.id].meta_data


def test_orders_come_with_their_refunds_by_line() -> None:
    with house() as shop:
        parts = [
            (order, refund, part)
            for order in decoded(shop.shop().pages(ORDERS, None))
            for refund in order.refunds
            for part in refund.line_items
        ]
        assert len(parts) > 5
        for order, refund, part in parts:
            (line,) = [one["value"] for one in part.meta_data if one["key"] == "_refunded_item_id"]
            assert int(line) in {one.id for one in order.line_items}
            assert refund.amount == -refund.total > 0
            assert refund.date_created_gmt is not None
            assert part.quantity <= 0


def test_products_come_with_their_variations_and_the_unit_of_weight() -> None:
    with house() as shop:
        products = decoded(shop.shop(page_size=4).pages(PRODUCTS, None), PRODUCTS)
        kinds = {one.type: one for one in products}
        assert set(kinds) == {"simple", "variable"}
        assert len(kinds["variable"].variation_records) > 1
        assert {one.weight_unit for one in products} == {"kg"}


def test_customers_and_products_are_read_whole_once_a_day_and_news_between() -> None:
    with house() as shop:
        for stream in (CUSTOMERS, PRODUCTS):
            *_, last = shop.shop(page_size=10).pages(stream, None)
            assert last.complete
            shop.state.advance(0.5)
            between = list(shop.shop(page_size=10).pages(stream, last.cursor))
            assert not any(page.complete for page in between)
            shop.state.advance(0.5)
            assert list(shop.shop().pages(stream, (between or [last])[-1].cursor))[-1].complete
        *_, last = shop.shop().pages(CUSTOMERS, None)
        known = ids(decoded(shop.shop().pages(CUSTOMERS, None), CUSTOMERS))
        shop.state.advance(0.9)
        fresh = ids(decoded(shop.shop(page_size=2).pages(CUSTOMERS, last.cursor), CUSTOMERS))
        assert fresh >= ids(decoded(shop.shop().pages(CUSTOMERS, None), CUSTOMERS)) - known


def test_an_empty_shop_is_read_to_its_end() -> None:
    with scripted((200, [], {"X-WP-Total": "0", "X-WP-TotalPages": "0"})) as (url, _):
        shop = opened(url)
        assert list(shop.pages(ORDERS, None)) == []
        assert [(page.body, page.complete) for page in shop.pages(CUSTOMERS, None)] == [(b"[]", True)]


def test_a_server_that_gives_one_page_for_ever_is_left() -> None:
    """A cache that does not look at the query, say."""
    one = [{"id": number, "date_modified_gmt": "2026-01-01T00:00:00"} for number in range(5)]
    with scripted((200, one, {"X-WP-TotalPages": "1"})) as (url, got):
        walk = by_time(opened(url).client, "orders", MODIFIED, utc("2026-01-01T00:00:00"), utc("2026-01-01T00:00:03"), 5)
        assert len(list(walk)) <= 6
        assert len(got) < 20
    with scripted((200, one, {"X-WP-TotalPages": ""})) as (url, _), pytest.raises(ChannelError, match="X-WP-TotalPages"):
        list(opened(url).pages(CUSTOMERS, None))


def test_claims_are_what_buyers_owed_whatever_came_back_and_count_the_bin() -> None:
    with house() as shop:
        orders = {str(one.id): one for one in decoded(shop.shop().pages(ORDERS, None))}
        first = min(orders)
        shop.theirs().delete(f"orders/{first}")
        since, until = shop.shop().connection.since, shop.state.now
        claims = {claim.order_id: claim for claim in shop.shop().claims(since, until)}
        assert set(claims) == set(orders)
        assert all(claims[number].total == orders[number].total for number in orders)
        assert sum((claim.total for claim in claims.values()), Decimal(0)) > 0
        middle = utc(orders[sorted(orders)[60]].date_created_gmt)
        halves = [{claim.order_id for claim in shop.shop().claims(*window)} for window in ((since, middle), (middle, until))]
        assert halves[0] | halves[1] == set(claims)
        assert not halves[0] & halves[1]
