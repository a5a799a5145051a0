"""Orders by stamps, cases of their parts, products with their skus: nothing lost, whatever a page number means."""

from decimal import Decimal
from typing import Any

from sluice.channels.protocol import OrderClaim
from tests.channels.douyin.shop import AFTERSALES, NOW, ORDERS, PRODUCTS, SECOND, Call, records, scripted, shop

Shown = dict[str, Any]


class Shelf:
    """Orders by `update_time` whose pages count places. Bounds are taken as narrowly as they could be: none is included."""

    def __init__(self, orders: list[Shown]) -> None:
        self.orders = orders
        self.asked: list[Shown] = []

    def answer(self, call: Call) -> Any:
        if call.method != "order.searchList":
            return None
        self.asked.append(call.given)
        low, high = call.given["update_time_start"], call.given["update_time_end"]
        found = sorted((one for one in self.orders if low < one["update_time"] < high), key=lambda one: one["update_time"])
        page, size = call.given["page"], call.given["size"]
        shown = [dict(one) for one in found[page * size : (page + 1) * size]]
        self.after()
        return {"shop_order_list": shown, "total": len(found), "page": page, "size": size}

    def after(self) -> None:
        """What happens at the platform once a page was read."""


def order(number: int, stamp: int) -> Shown:
    return {"order_id": str(number), "update_time": stamp}


def read(shelf: Shelf, cursor: Any = None, **options: Any) -> list[Any]:
    with scripted(shelf.answer) as (url, _):
        return list(shop(url, **options).pages(ORDERS, cursor))


def ids(pages: list[Any]) -> set[str]:
    return {one["order_id"] for one in records(pages)}


def test_pages_go_on_by_the_stamp_through_ties_and_windows() -> None:
    tied = [order(number, SECOND - 500) for number in range(9)]
    shelf = Shelf([order(100, SECOND - 90 * 86_400), *tied, order(101, SECOND - 499), order(102, SECOND)])
    pages = read(shelf, page_size=4)
    assert ids(pages) == {str(number) for number in [*range(9), 100, 101, 102]}
    cursors = [page.cursor["until"] for page in pages if page.cursor]
    assert cursors == sorted(cursors)
    assert cursors[-1] == SECOND + 1
    assert max(one["update_time_end"] - one["update_time_start"] for one in shelf.asked) <= 30 * 86_400 + 1
    assert {(one["order_by"], one["order_asc"]) for one in shelf.asked} == {("update_time", True)}


def test_an_order_that_changes_while_we_read_moves_no_other_past_us() -> None:
    class Busy(Shelf):
        def after(self) -> None:
            oldest = min(self.orders, key=lambda one: one["update_time"])
            if oldest["update_time"] < SECOND - 900:
                oldest["update_time"] = SECOND - 100 - len(self.asked)

    shelf = Busy([order(number, SECOND - 1000 + number * 20) for number in range(12)])
    assert ids(read(shelf, {"until": SECOND - 1000}, page_size=3)) == {str(number) for number in range(12)}


def test_the_next_read_starts_before_the_last_one_s_end() -> None:
    shelf = Shelf([order(1, SECOND - 600)])
    pages = read(shelf, cursor={"until": SECOND})
    assert ids(pages) == {"1"}
    assert pages[-1].cursor == {"until": SECOND + 1}


def test_a_case_is_one_record_of_its_parts() -> None:
    item = {
        "aftersale_info": {"aftersale_id": "9", "update_time": SECOND, "refund_amount": 7},
        "order_info": {"shop_order_id": "1", "related_order_info": [{"sku_order_id": "11"}]},
    }
    broken = {"aftersale_info": None, "order_info": {}}

    def script(call: Call) -> Any:
        if call.method != "afterSale.List":
            return None
        assert call.given["order_by"] == ["update_time asc"]
        return {"items": [item, broken], "total": 2, "has_more": False}

    with scripted(script) as (url, _):
        pages = list(shop(url).pages(AFTERSALES, {"until": SECOND}))
    good, other = records(pages, AFTERSALES)
    assert good == {**item["aftersale_info"], "shop_order_id": "1", "order_info": item["order_info"], "text_part": None}
    assert other == broken


def test_products_are_read_from_the_beginning_with_their_skus() -> None:
    """One that has not changed for years is on sale all the same; the platform leaves the bounds out."""
    product, old = 3_600_000_000_000_000_123, int(NOW.timestamp()) - 6 * 365 * 86_400

    def script(call: Call) -> Any:
        if call.method == "sku.list":
            return [{"id": call.given["product_id"] + 1, "code": "SKU"}]
        if call.method != "product.listV2":
            return None
        is_told = call.given["update_start_time"] < old < call.given["update_end_time"]
        listed = [{"product_id": product, "name": "杯", "status": 0, "update_time": old}, {"name": "broken"}]
        return {"data": listed, "total": 2} if is_told else {"data": [], "total": 0}

    with scripted(script) as (url, _):
        pages = list(shop(url, window_days=90).pages(PRODUCTS, None))
    good, broken = records(pages, PRODUCTS)
    assert (good["product_id"], good["skus"]) == (product, [{"id": product + 1, "code": "SKU"}])
    assert broken == {"name": "broken"}
    assert pages[-1].cursor == {"until": SECOND}


def test_claims_are_told_once_each_and_within_their_bounds() -> None:
    stamps = [SECOND - 1, SECOND, SECOND, SECOND + 5, SECOND + 9]

    def script(call: Call) -> Any:
        if call.method != "order.searchList":
            return None
        low, high = call.given["create_time_start"], call.given["create_time_end"]
        made = [{"order_id": str(n), "create_time": at, "pay_amount": 1230} for n, at in enumerate(stamps) if low <= at <= high]
        page, size = call.given["page"], call.given["size"]
        return {"shop_order_list": made[page * size : (page + 1) * size], "total": len(made)}

    with scripted(script) as (url, _):
        found = list(shop(url, page_size=2).claims(NOW, NOW.replace(second=9)))
    assert found == [OrderClaim(str(number), Decimal("12.30"), "CNY") for number in (1, 2, 3)]
