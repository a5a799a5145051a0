"""How JD is read, and that what is asked and read has the names that public clients agree on."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
import requests

from sluice.channels.jd.connector import CONNECTOR
from sluice.channels.jd.contract import FIELDS, SKU_FIELDS, Order
from sluice.channels.jd.gateway import BEIJING
from sluice.channels.jd.orders import OVERLAP
from sluice.channels.protocol import Dispatch, Quota
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.jd.shop import NOW, ORDERS, SERVICES, SKUS, answered, asked, records, shop
from tests.channels.scripted import scripted
from tests.sandbox.worlds import world

FIXTURES = Path(__file__).parents[2] / "fixtures/jd"
DEFINED = json.loads((FIXTURES / "definitions.json").read_text())


class Gateway:
    """A list of orders that a test fills; what was asked: (dateType, start, end, page)."""

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.asked: list[tuple[int, datetime, datetime, int]] = []

    def __call__(self, form: dict[str, str]) -> dict[str, Any]:
        query = asked(form)
        start, end = (
            datetime.strptime(query[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING) for name in ("start_date", "end_date")
        )
        assert isinstance(query["page"], str)
        assert isinstance(query["page_size"], str)
        number, size = int(query["page"]), int(query["page_size"])
        self.asked.append((query["dateType"], start, end, number))
        found = [{"orderId": str(one)} for one in range(self.held)][(number - 1) * size : number * size]
        result = {"apiResult": {"success": True}, "orderTotal": str(self.held), "orderInfoList": found}
        return answered(form, searchorderinfo_result=result)


def test_the_first_read_goes_by_creation_two_years_back_and_then_by_change() -> None:
    gateway = Gateway()
    with scripted(gateway) as url:
        pages = list(shop(url, since=NOW - timedelta(days=2000)).pages(ORDERS, None))
    created = [one[1:3] for one in gateway.asked if one[0] == 1]
    changed = [one[1:3] for one in gateway.asked if one[0] == 0]
    assert created[0][0] == NOW - timedelta(days=729)
    assert created[-1][1] == NOW
    assert all(end - start <= timedelta(days=28) for start, end in created)
    assert changed == [(NOW - OVERLAP, NOW)]
    assert pages[-1].cursor == {"until": int(NOW.timestamp())}


def test_changes_are_told_for_three_months(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway()
    with scripted(gateway) as url:
        list(shop(url).pages(ORDERS, {"until": int((NOW - timedelta(days=200)).timestamp())}))
    assert gateway.asked[0][:2] == (0, NOW - timedelta(days=89))
    assert {one[0] for one in gateway.asked} == {0}
    assert "no longer told" in caplog.text


def test_pages_are_read_from_the_last_to_the_first() -> None:
    gateway = Gateway(held=35)
    with scripted(gateway) as url:
        pages = list(shop(url, page_size=10).pages(ORDERS, {"until": int(NOW.timestamp())}))
    assert [number for *_, number in gateway.asked] == [1, 4, 3, 2, 1]
    assert len(records(pages)) == 35
    assert [page.cursor is not None for page in pages] == [False, False, False, True]


def test_services_are_read_again_for_sixty_days() -> None:
    """They are listed by application: what has become of one shows in no other way."""
    spans: list[tuple[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        spans.append((asked(form)["applyTimeBegin"], asked(form)["applyTimeEnd"]))
        bill = {"serviceId": 5, "orderId": 7, "wareId": 70, "serviceCount": 1}
        row = {"sameOrderServiceBill": bill, "refoundAmount": 12.30, "status": 13}
        return answered(form, pageResult={"success": True, "code": "00000", "totalCount": 1, "data": [row]})

    with scripted(script) as url:
        pages = list(shop(url).pages(SERVICES, {"until": "2026-11-01 00:00:00"}))
    assert (spans[0][0], spans[-1][1], len(spans)) == ("2026-09-02 00:00:00", "2026-11-01 00:00:00", 9)
    expected = {"serviceId": 5, "orderId": 7, "wareId": 70, "serviceCount": 1, "refoundAmount": 12.30, "status": 13}
    assert records(pages[:1], SERVICES) == [expected]
    service = msgspec.json.decode(next(iter(CONNECTOR.records(SERVICES, pages[0].body, {}))), type=SERVICES.record)
    assert str(service.refound_amount) == "12.3"  # type: ignore[attr-defined]


def test_a_real_order_keeps_the_contract() -> None:
    order = msgspec.json.decode((FIXTURES / "order.json").read_bytes(), type=Order, strict=False)
    assert (order.order_id, order.order_state, str(order.order_seller_price)) == (249700000001, "WAIT_SELLER_STOCK_OUT", "1.00")
    (item,) = order.item_info_list
    assert (item.sku_id, item.item_total, item.outer_sku_id) == (10054800000001, 1, "test-1")
    assert order.consignee_info is not None
    assert order.consignee_info.city == "广州市"


@pytest.mark.parametrize("parameters", ["flat", "nested"])
def test_only_known_parameters_and_fields_are_asked_for(parameters: str) -> None:
    """As they are on the wire; what stands in a container is asked for as well."""
    given: dict[str, set[str]] = {}

    def listen(response: requests.Response, **_: Any) -> None:
        form = dict(parse_qsl(str(response.request.body)))
        for name, value in asked(form).items():
            given.setdefault(form["method"], set()).update(value if isinstance(value, dict) else [name])

    with hosted(SandboxState(world(11, 20_000))) as url:
        opened = shop(f"{url}/jd", since=NOW - timedelta(days=20), parameters=parameters)
        opened.gateway.transport.session.hooks["response"].append(listen)
        for stream in (ORDERS, SERVICES, SKUS):
            list(opened.pages(stream, None))
        orders = opened.claims(NOW - timedelta(days=20), NOW)
        # all of them, since most have left already
        list(opened.ship([Dispatch("s", order.order_id, "467", "SF1", NOW) for order in orders]))
        list(opened.publish([Quota("d", "NONE", "1", "2", None, None, 3)]))
        assert list(opened.check()) == []
    lists = {"jingdong.pop.order.search", "jingdong.asc.serviceAndRefund.view", "jingdong.sku.read.searchSkuList"}
    assert lists | {"jingdong.pop.order.shipment"} <= set(given)
    assert {method: names - set(DEFINED["asked"][method]) for method, names in given.items()} == {name: set() for name in given}
    assert set(FIELDS.split(",")) <= set(DEFINED["order_fields"])
    assert set(SKU_FIELDS.split(",")) <= set(DEFINED["sku_fields"])


def test_who_buys_is_not_asked_for() -> None:
    assert not {"pin", "realPin", "open_id_buyer", "invoiceInfo", "vatInfo"} & set(FIELDS.split(","))
