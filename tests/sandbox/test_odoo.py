"""The sandbox's Odoo answers as Odoo does: domains, order and paging, false for nothing, errors inside HTTP 200."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
import requests

from sluice.sandbox.host import hosted
from sluice.sandbox.odoo.server import SECRETS
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def state() -> SandboxState:
    return SandboxState(world())


@pytest.fixture(scope="module")
def ask(state: SandboxState) -> Iterator[Ask]:
    with hosted(state) as address:

        def ask(service: str, method: str, *arguments: Any) -> dict[str, Any]:
            params = {"service": service, "method": method, "args": arguments}
            answer = requests.post(
                f"{address}/odoo/jsonrpc", json={"jsonrpc": "2.0", "method": "call", "params": params, "id": 42}, timeout=10
            )
            assert answer.status_code == 200
            assert answer.json()["id"] == 42
            return dict(answer.json())

        yield ask


@pytest.fixture(scope="module")
def execute(ask: Ask) -> Callable[..., Any]:
    def execute(model: str, method: str, *positional: Any, **named: Any) -> Any:
        answer = ask("object", "execute_kw", SECRETS["database"], 6, SECRETS["password"], model, method, list(positional), named)
        return answer.get("result", answer.get("error"))

    return execute


def test_logging_in(ask: Ask) -> None:
    assert ask("common", "version")["result"]["server_version_info"][0] == 16
    right = (SECRETS["database"], SECRETS["user"], SECRETS["password"])
    assert ask("common", "authenticate", *right, {})["result"] == 6
    assert ask("common", "authenticate", *right[:2], "wrong", {})["result"] is False
    refused = ask("object", "execute_kw", right[0], 6, "wrong", "product.product", "search", [[]])
    assert refused["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"
    assert "does not exist" in ask("common", "authenticate", "other", *right[1:], {})["error"]["data"]["message"]


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ([["code", "=", "WH-GZ"]], ["WH-GZ"]),
        ([["code", "in", ["WH-GZ", "ST-HZ", "?"]]], ["WH-GZ", "ST-HZ"]),
        ([["code", "not in", ["WH-GZ"]]], ["WH-SH", "ST-HZ"]),
        ([["sequence", ">=", 2], ["sequence", "<", 3]], ["WH-GZ"]),
        (["|", ["code", "=", "WH-SH"], ["sequence", ">", 2]], ["WH-SH", "ST-HZ"]),
        (["|", ["code", "=", "WH-SH"], "&", ["sequence", "=", 3], ["id", ">", 2]], ["WH-SH", "ST-HZ"]),
        (["!", ["code", "=", "WH-SH"]], ["WH-GZ", "ST-HZ"]),
        ([["partner_id", "!=", False], ["id", "<=", 1]], ["WH-SH"]),
        ([["code", "in", []]], []),
        ([], ["WH-SH", "WH-GZ", "ST-HZ"]),
    ],
)
def test_domains(execute: Callable[..., Any], domain: list[Any], expected: list[str]) -> None:
    found = execute("stock.warehouse", "search_read", domain, fields=["code"], order="id asc")
    assert [record["code"] for record in found] == expected
    assert execute("stock.warehouse", "search_count", domain) == len(expected)


def test_order_limit_and_offset(execute: Callable[..., Any]) -> None:
    every = execute("purchase.order.line", "search", [], order="write_date desc, id asc")
    paged = [
        record["id"]
        for offset in range(0, len(every), 50)
        for record in execute(
            "purchase.order.line", "search_read", [], fields=["id"], order="write_date desc, id asc", limit=50, offset=offset
        )
    ]
    assert paged == every
    stamps = execute("purchase.order.line", "search_read", [["id", "in", every[:2] + every[-2:]]], fields=["write_date"])
    assert {len(record["write_date"]) for record in stamps} == {19}


def test_empty_is_false_and_references_are_pairs(execute: Callable[..., Any]) -> None:
    [record] = execute("product.product", "read", [1], fields=["barcode", "product_tmpl_id"])
    assert record["barcode"] is False
    assert isinstance(record["product_tmpl_id"][0], int)
    assert isinstance(record["product_tmpl_id"][1], str)
    assert execute("product.product", "read", [999_999], fields=["barcode"]) == []


def test_stamps_have_parts_of_a_second_that_are_not_shown(execute: Callable[..., Any]) -> None:
    [first] = execute("purchase.order", "search_read", [], fields=["write_date"], order="write_date asc", limit=1)
    stamp = first["write_date"]
    assert execute("purchase.order", "search_count", [["write_date", "=", stamp]]) == 0
    assert execute("purchase.order", "search_count", [["write_date", ">", stamp], ["id", "=", first["id"]]]) == 1


def test_archived_records_are_found_only_when_asked_for(execute: Callable[..., Any], state: SandboxState) -> None:
    early = SandboxState(world(), state.world.products["launched_at"].sort()[-2])
    with hosted(early) as address:
        params = {
            "service": "object", "method": "execute_kw",
            "args": [SECRETS["database"], 6, SECRETS["password"], "product.product", "search_count", [[]]],
        }  # fmt: skip

        def count(domain: list[Any]) -> int:
            params["args"][-1] = [domain]  # type: ignore[index]
            return int(requests.post(f"{address}/odoo/jsonrpc", json={"params": params}, timeout=10).json()["result"])

        every = state.world.products.height
        assert (count([]), count([["active", "in", [True, False]]])) == (every - 1, every)


def test_quants_are_the_stock_and_none_is_empty(execute: Callable[..., Any], state: SandboxState) -> None:
    quants = execute("stock.quant", "search_read", [["location_id.usage", "=", "internal"]], fields=["quantity"])
    truth = state.world.stock(state.now).select(pl.col("on_hand").sum()).item()
    assert sum(quant["quantity"] for quant in quants) == truth
    assert min(quant["quantity"] for quant in quants) > 0


@pytest.mark.parametrize(
    ("model", "method", "arguments", "said"),
    [
        ("no.model", "search", [[]], "Object no.model doesn't exist"),
        ("product.product", "search_read", [[["nope", "=", 1]]], "Invalid field product.product.nope in leaf"),
        ("product.product", "search_read", [[], ["nope"]], "Invalid field 'nope' on model 'product.product'"),
        ("product.product", "search", [[["id", "~", 1]]], "Invalid leaf"),
        ("product.product", "unlink", [[1]], "The method 'unlink' does not exist"),
    ],
)
def test_errors_come_in_the_body(execute: Callable[..., Any], model: str, method: str, arguments: list[Any], said: str) -> None:
    error = execute(model, method, *arguments)
    assert error["message"] == "Odoo Server Error"
    assert said in error["data"]["message"]
