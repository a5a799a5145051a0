"""How a window is read from a gateway that a test scripts: from the last page backwards, and again if it grew meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Page, Quota
from sluice.channels.taobao.windows import OVERLAP
from tests.channels.scripted import scripted
from tests.channels.taobao.shop import ITEMS, TRADES, answered, newest, records, refused, shop

NOW = "2026-11-01 00:00:00"
SINCE = {"until": "2026-10-31 20:00:00"}


class Gateway:
    """A shop's list of trades, newest first, that a test may change before each page."""

    def __init__(self, count: int) -> None:
        self.trades = [{"tid": number, "modified": f"2026-10-31 22:{number:02d}:00"} for number in range(count, 0, -1)]
        self.asked: list[tuple[int, bool]] = []
        self.spans: list[tuple[str, str]] = []
        self.before: dict[int, Any] = {}

    def __call__(self, form: dict[str, str]) -> dict[str, Any]:
        if form["method"] == "taobao.time.get":
            return answered(form, time=NOW)
        change = self.before.pop(len(self.asked), None)
        if change:
            change()
        number, size, counted = int(form["page_no"]), int(form["page_size"]), form["use_has_next"] == "false"
        self.asked.append((number, counted))
        self.spans.append((form["start_modified"], form["end_modified"]))
        page = self.trades[(number - 1) * size : number * size]
        members: dict[str, Any] = {"trades": {"trade": page}} if page else {}
        if counted:
            members["total_results"] = len(self.trades)
        else:
            members["has_next"] = number * size < len(self.trades)
        return answered(form, **members)

    def leave(self, tid: int) -> None:
        self.trades = [trade for trade in self.trades if trade["tid"] != tid]

    def arrive(self, tid: int) -> None:
        self.trades.insert(0, {"tid": tid, "modified": "2026-10-31 23:59:59"})

    def flood(self) -> None:
        """A page of late ones: what was to be read next is now behind us."""
        for tid in range(len(self.trades), len(self.trades) + 10):
            self.arrive(1000 + tid)


def read(gateway: Gateway, page_size: int = 10) -> list[Page]:
    with scripted(gateway) as url:
        return list(shop(url, page_size=page_size).pages(TRADES, SINCE))


def test_pages_are_read_from_the_last_to_the_first() -> None:
    gateway = Gateway(35)
    pages = read(gateway)
    assert gateway.asked == [(1, True), (4, False), (3, False), (2, False), (1, True)]
    assert [page.cursor for page in pages] == [None, None, None, {"until": NOW}]
    assert newest(pages).keys() == set(range(1, 36))


def test_a_window_of_one_page_costs_one_call() -> None:
    gateway = Gateway(10)
    assert newest(read(gateway)).keys() == set(range(1, 11))
    assert gateway.asked == [(1, True)]


def test_the_overlap_is_read_again() -> None:
    gateway = Gateway(3)
    read(gateway)
    start = datetime.strptime(SINCE["until"], "%Y-%m-%d %H:%M:%S") - OVERLAP
    assert gateway.spans == [(str(start), NOW)]


@pytest.mark.parametrize("leaver", [1, 12, 21, 35])
@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_a_trade_that_leaves_takes_no_other_with_it(leaver: int, moment: int) -> None:
    gateway = Gateway(35)
    gateway.before[moment] = lambda: gateway.leave(leaver)
    assert newest(read(gateway)).keys() >= set(range(1, 36)) - {leaver}
    assert len(gateway.asked) == 5


@pytest.mark.parametrize("moment", [2, 3, 4])
def test_a_trade_that_arrives_late_makes_the_window_be_read_again(moment: int) -> None:
    """It moves the others towards the pages that were read before."""
    gateway = Gateway(35)
    gateway.before[moment] = lambda: gateway.arrive(99)
    pages = read(gateway)
    assert newest(pages).keys() == {*range(1, 36), 99}
    assert [page.cursor for page in pages if page.cursor] == [{"until": NOW}]
    assert pages[-1].cursor


def test_a_window_that_never_rests_keeps_the_cursor_back() -> None:
    gateway = Gateway(35)
    gateway.before = dict.fromkeys(range(1, 100), gateway.flood)
    delivered: list[Page] = []
    with scripted(gateway) as url, pytest.raises(ChannelError, match="starts again there"):
        delivered.extend(shop(url, page_size=10).pages(TRADES, SINCE))
    assert all(page.cursor is None for page in delivered)


def test_records_without_an_id_neither_stop_nor_repeat_the_reading() -> None:
    gateway = Gateway(35)
    gateway.trades[7] = {"modified": "no id at all"}
    gateway.trades[20] = {"tid": None, "modified": "2026-10-31 22:10:00"}
    pages = read(gateway)
    assert len(records(pages)) == 35
    assert len(gateway.asked) == 5


def test_a_shop_not_read_for_months_starts_where_the_platform_still_tells(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(0)
    with scripted(gateway) as url:
        list(shop(url).pages(TRADES, {"until": "2026-01-01 00:00:00"}))
    assert gateway.spans[0] == ("2026-08-04 00:00:00", "2026-08-05 00:00:00")
    assert len(gateway.spans) == 89
    assert "no longer told" in caplog.text


@pytest.mark.parametrize("moment", [2, 3])
def test_a_list_of_items_that_shifts_is_read_until_it_rests(moment: int) -> None:
    """An item that is missing from the snapshot would be taken for deleted."""
    items = list(range(1, 402))
    calls: list[str] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form["method"])
        if form["method"] == "taobao.items.seller.list.get":
            return answered(form, items={"item": [{"num_iid": int(one)} for one in form["num_iids"].split(",")]})
        number = int(form["page_no"])
        if len(calls) == moment:
            items.remove(1)
        chosen = items[(number - 1) * 200 : number * 200]
        return answered(form, items={"item": [{"num_iid": one} for one in chosen]}, total_results=len(items))

    with scripted(script) as url:
        pages = list(shop(url).pages(ITEMS, None))
    assert sorted(item["num_iid"] for item in records(pages, ITEMS)) == items
    assert [page.complete for page in pages] == [False] * 19 + [True]


def test_a_shop_without_items_is_a_complete_snapshot() -> None:
    with scripted(lambda form: answered(form, total_results=0)) as url:
        pages = list(shop(url).pages(ITEMS, None))
    assert [(page.complete, records([page], ITEMS)) for page in pages] == [(True, [])]


def test_one_bad_sku_does_not_keep_the_others_from_their_quantity() -> None:
    held: dict[str, int] = {}

    def script(form: dict[str, str]) -> dict[str, Any]:
        if form["method"] == "taobao.skus.quantity.update":
            wanted = dict(pair.split(":") for pair in form["skuid_quantities"].split(";"))
            assert len(wanted) <= 20
            assert form["type"] == "1"
            if "13" in wanted:
                return refused(15, "isv.invalid-parameter:sku", "13 is no sku of this item")
            held.update({sku: int(quantity) for sku, quantity in wanted.items()})
            return answered(form, item={"num_iid": 500})
        skus = [{"sku_id": int(sku), "quantity": quantity} for sku, quantity in held.items()]
        return answered(form, items={"item": [{"num_iid": 500, "num": sum(held.values()), "skus": {"sku": skus}}]})

    quotas = [Quota(f"d{sku}", "SKU", "500", str(sku), None, None, sku) for sku in range(1, 31)]
    with scripted(script) as url:
        answers = {answer.decision_id: answer for answer in shop(url).publish(quotas)}
    assert len(answers) == 30
    assert (answers["d13"].accepted, answers["d13"].read_back) == (False, None)
    assert "13 is no sku" in answers["d13"].message
    assert all(answers[f"d{sku}"].accepted and answers[f"d{sku}"].read_back == sku for sku in range(1, 31) if sku != 13)


def test_the_start_is_never_before_the_connection_s_own() -> None:
    gateway = Gateway(0)
    with scripted(gateway) as url:
        taobao = shop(url)
        object.__setattr__(taobao.connection, "since", datetime(2026, 10, 30, 16, tzinfo=UTC) + timedelta(hours=1))
        list(taobao.pages(TRADES, None))
    assert gateway.spans == [("2026-10-31 01:00:00", NOW)]
