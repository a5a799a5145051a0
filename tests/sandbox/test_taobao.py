"""The sandbox's gateway is as strict as the real one: signature, session, time, spans, pages; and its lists are in its order."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.index import earliest
from sluice.sandbox.taobao.server import SECRETS
from tests.sandbox.worlds import world

Call = Callable[..., dict[str, Any]]
CHANGED, CREATED = "taobao.trades.sold.increment.get", "taobao.trades.sold.get"
BEIJING = timedelta(hours=8)


@pytest.fixture(scope="module")
def state() -> SandboxState:
    return SandboxState(world(11, 20_000))


@pytest.fixture(scope="module")
def call(state: SandboxState) -> Iterator[Call]:
    """Calls a method; parameters that are None are left out after all others were signed."""
    with hosted(state) as url:

        def send(method: str, **parameters: Any) -> dict[str, Any]:
            form = {"method": method, "app_key": SECRETS["app_key"], "session": SECRETS["session"], "v": "2.0"}
            form |= {"format": "json", "sign_method": "md5", "timestamp": local(datetime.now(UTC))}
            form |= {name: str(value) for name, value in parameters.items() if value is not None}
            text = "".join(name + form[name] for name in sorted(form))
            secret = SECRETS["app_secret"]
            signed = {"sign": hashlib.md5(f"{secret}{text}{secret}".encode()).hexdigest().upper()} | form
            sent = {name: value for name, value in signed.items() if parameters.get(name, "") is not None}
            answer = requests.post(f"{url}/taobao/router/rest", data=sent, timeout=10)
            assert answer.status_code == 200
            return answer.json()  # type: ignore[no-any-return]

        yield send


def local(moment: datetime) -> str:
    return f"{moment.astimezone(UTC) + BEIJING:%Y-%m-%d %H:%M:%S}"


def window(start: datetime, end: datetime, name: str = "modified") -> dict[str, str]:
    return {f"start_{name}": local(start), f"end_{name}": local(end), "fields": "tid,modified,created"}


def fault(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["error_response"]["code"], answer["error_response"]["sub_code"]


DAY = window(AS_OF - timedelta(days=1), AS_OF)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": "0" * 32}, 25),
        ({"sign": None}, 24),
        ({"app_key": "1"}, 29),
        ({"app_key": None}, 28),
        ({"session": "1"}, 27),
        ({"session": ""}, 27),
        ({"timestamp": None}, 30),
        ({"timestamp": "2026-01-01 00:00:00"}, 31),
        ({"timestamp": "now"}, 41),
    ],
)
def test_calls_that_are_not_in_order_are_refused(call: Call, change: dict[str, Any], code: int) -> None:
    assert fault(call(CHANGED, **DAY | change))[0] == code


def test_unknown_methods_are_refused(call: Call) -> None:
    assert fault(call("taobao.trades.everything.get"))[0] == 22


@pytest.mark.parametrize(
    "change",
    [
        window(AS_OF - timedelta(days=1, seconds=1), AS_OF),
        window(AS_OF, AS_OF - timedelta(seconds=1)),
        window(AS_OF - timedelta(days=93), AS_OF - timedelta(days=92, hours=12)),
        {"page_size": 101},
        {"page_size": 0},
        {"page_no": 0},
        {"page_no": "two"},
        {"start_modified": "yesterday"},
    ],
)
def test_the_limits_of_the_platform_hold(call: Call, change: dict[str, Any]) -> None:
    assert fault(call(CHANGED, **DAY | change)) == (41, "isv.invalid-parameter")


def test_three_months_are_told(call: Call, state: SandboxState) -> None:
    assert earliest(state.now) == datetime(2026, 7, 31, 16, tzinfo=UTC)
    asked = window(earliest(state.now), AS_OF, "created")
    oldest = call(CREATED, **asked, page_size=1)["trades_sold_get_response"]
    last = call(CREATED, **asked, page_size=1, page_no=oldest["total_results"])["trades_sold_get_response"]
    created = state.view("taobao", "flagship").orders["created_at"]
    assert oldest["total_results"] == (created >= earliest(state.now)).sum() < len(created)
    assert last["trades"]["trade"][0]["created"] == local(created.filter(created >= earliest(state.now)).min())


def test_changes_come_newest_first_page_by_page(call: Call) -> None:
    whole = call(CHANGED, **DAY, page_size=100)["trades_sold_increment_get_response"]
    trades = whole["trades"]["trade"]
    assert whole["total_results"] == len(trades) > 6
    assert [one["modified"] for one in trades] == sorted((one["modified"] for one in trades), reverse=True)
    pages = [call(CHANGED, **DAY, page_size=3, page_no=number) for number in range(1, -(-len(trades) // 3) + 1)]
    assert [one for page in pages for one in page["trades_sold_increment_get_response"]["trades"]["trade"]] == trades


def test_has_next_takes_the_place_of_the_count(call: Call) -> None:
    total = call(CHANGED, **DAY)["trades_sold_increment_get_response"]["total_results"]
    for number, expected in ((1, True), (total, False)):
        answer = call(CHANGED, **DAY, page_size=1, page_no=number, use_has_next="true")["trades_sold_increment_get_response"]
        assert answer["has_next"] is expected
        assert "total_results" not in answer


def test_an_empty_list_is_missing(call: Call) -> None:
    answer = call(CHANGED, **window(AS_OF, AS_OF + timedelta(hours=1)))["trades_sold_increment_get_response"]
    assert answer == {"total_results": 0, "request_id": "sandbox"}


def test_only_fields_that_were_asked_for_come(call: Call) -> None:
    answer = call(CHANGED, **DAY | {"fields": "tid,pay_time,orders.oid,nonsense"})["trades_sold_increment_get_response"]
    trades = answer["trades"]["trade"]
    assert all({"tid", "orders"} <= trade.keys() <= {"tid", "pay_time", "orders"} for trade in trades)
    assert {name for trade in trades for order in trade["orders"]["order"] for name in order} == {"oid"}
    assert all(isinstance(value, int | str | dict) for trade in trades for value in trade.values())


def test_presales_are_left_out_of_refunds_that_are_asked_without_their_type(call: Call, state: SandboxState) -> None:
    def refunds(types: str | None) -> int:
        asked = window(AS_OF - timedelta(days=88), AS_OF) | {"fields": "refund_id"}
        answer = call("taobao.refunds.receive.get", **asked, type=types)["refunds_receive_get_response"]
        return int(answer["total_results"])

    assert 0 < refunds(None) < refunds("guarantee_trade,auto_delivery,ec,cod,step")


def test_quantities_are_set_and_shown(call: Call, state: SandboxState) -> None:
    def shown(*ids: int) -> list[dict[str, Any]]:
        asked = {"fields": "num_iid,num,sku.sku_id,sku.quantity", "num_iids": ",".join(map(str, ids))}
        answer = call("taobao.items.seller.list.get", **asked)["items_seller_list_get_response"]
        return list(answer["items"]["item"])

    listed = call("taobao.items.onsale.get", fields="num_iid", page_size=200)["items_onsale_get_response"]["items"]["item"]
    items = [item for at in range(0, len(listed), 20) for item in shown(*(one["num_iid"] for one in listed[at : at + 20]))]
    several = next(one for one in items if "skus" in one)
    single = next(one for one in items if "skus" not in one)
    sku = several["skus"]["sku"][0]["sku_id"]
    call("taobao.skus.quantity.update", num_iid=several["num_iid"], skuid_quantities=f"{sku}:7", type=1)
    call("taobao.item.quantity.update", num_iid=single["num_iid"], quantity=5, type=1)
    first, second = shown(several["num_iid"], single["num_iid"])
    assert {"sku_id": sku, "quantity": 7} in first["skus"]["sku"]
    assert second["num"] == 5
    assert sorted(state.published.values()) == [5, 7]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("taobao.skus.quantity.update", {"skuid_quantities": "1:7"}),
        ("taobao.skus.quantity.update", {"skuid_quantities": ";".join(f"{number}:1" for number in range(21))}),
        ("taobao.item.quantity.update", {"quantity": 5, "num_iid": "1"}),
        ("taobao.item.quantity.update", {"quantity": -5}),
    ],
)
def test_quantities_that_fit_nothing_are_refused(call: Call, method: str, parameters: dict[str, Any]) -> None:
    listed = call("taobao.items.onsale.get", fields="num_iid", page_size=200)["items_onsale_get_response"]["items"]["item"]
    for item in listed[:10]:
        assert "error_response" in call(method, **{"num_iid": item["num_iid"]} | parameters)


def test_the_clock_is_told_in_beijing_s_time(call: Call) -> None:
    assert call("taobao.time.get")["time_get_response"]["time"] == "2026-11-01 00:00:00"
