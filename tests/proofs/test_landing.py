"""The proof of landing holds, and breaks where reconciliation is left out: what a platform dropped stays lost then."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sluice import warehouse
from sluice.channels.odoo.connector import CONNECTOR as ODOO
from sluice.channels.shopify.connector import CONNECTOR
from sluice.cli.main import app
from sluice.proofs.faults import CLEAN, FAULTS
from sluice.proofs.landing import Case, Played, prove, shop_of
from sluice.proofs.lenses import FOUR_BYTES, four_bytes, unknown_fields, zero_decimals
from sluice.proofs.spoiled import Answer, Seen, proxied
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import START
from sluice.sandbox.sellers import sellers
from sluice.sandbox.stage import Stage
from sluice.sandbox.state import SandboxState
from tests.channels.shopify.shop import connection
from tests.conftest import copy_of
from tests.sandbox.worlds import world

pytestmark = pytest.mark.timeout(600)
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture
def played(
    postgres: warehouse.Embedded, prepared_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Played]]:
    """A database, and a Shopify shop of 400 orders, 50 a page."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    state = SandboxState(world())
    with hosted(state) as url, copy_of(postgres, prepared_template) as address:
        opened = replace(connection(f"{url}/shopify"), since=START, now=lambda: state.now)
        with warehouse.connect(address, autocommit=True) as db:
            for fault in (CLEAN, *FAULTS):
                db.execute(
                    "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
                    " values ('shopify', %s, '', 'own_shop', 'USD', 'America/Los_Angeles', 'CNY')",
                    (shop_of(fault),),
                )
        yield (
            address,
            Played(
                CONNECTOR,
                opened,
                Stage(state, "shopify", "main"),
            ),
        )


def cases(played: tuple[str, Played], *faults: str, reconciling: bool = True) -> dict[str, Case]:
    address, channel = played
    verdict = prove(address, [channel], [BY_NAME[name] for name in faults], reconciling=reconciling)
    found = {case.fault: case for case in verdict.cases}
    assert set(found) == {"none", *faults}
    assert found["none"].holds
    assert found["none"].delivered == found["none"].landed > 100
    # a proof in which nothing went wrong would prove nothing
    assert [name for name, case in found.items() if not case.spoiled] == ["none"]
    assert verdict.idle == []
    assert verdict.holds == all(case.holds for case in found.values())
    return found


def test_nothing_is_lost_whatever_is_spoiled(played: tuple[str, Played]) -> None:
    found = cases(played, "server-errors", "cut", "expired", "repeated-page", "dropped-pages", "malformed", "moving")
    assert [case for case in found.values() if not case.holds] == []
    assert found["malformed"].quarantined > 0
    assert found["expired"].said is not None
    assert found["dropped-pages"].mended
    assert found["moving"].delivered > found["none"].delivered


def test_without_reconciliation_dropped_pages_stay_lost_and_are_counted(played: tuple[str, Played]) -> None:
    found = cases(played, "dropped-pages", reconciling=False)
    assert not found["dropped-pages"].holds
    assert found["dropped-pages"].missing > 0
    assert found["dropped-pages"].landed + found["dropped-pages"].missing == found["dropped-pages"].delivered


def test_whatever_a_shop_or_a_platform_does_is_there_in_the_end(played: tuple[str, Played]) -> None:
    shown = ("unknown-fields", "four-byte", "zero-decimal", "large-numbers", "long-order", "ties")
    found = cases(played, *shown, "mislabelled", "expired-own-words", "clock-ahead", "clock-behind", "late-commit", "deleted")
    assert [case for case in found.values() if not case.holds] == []
    assert [found[name].mended for name in shown] == [False] * len(shown)
    assert found["expired-own-words"].said is not None
    assert (found["deleted"].surplus, found["deleted"].removed) == (2, 2)
    assert found["clock-ahead"].delivered > found["none"].delivered


def test_without_reconciliation_what_was_committed_late_stays_lost(played: tuple[str, Played]) -> None:
    found = cases(played, "late-commit", reconciling=False)
    assert (found["late-commit"].holds, found["late-commit"].missing) == (False, 2)


def test_an_order_that_is_missing_is_no_deleted_one() -> None:
    deleted = Case("toy", "deleted", delivered=8, landed=8, surplus=2, removed=2)
    assert deleted.holds
    assert not replace(deleted, surplus=1).holds
    assert not replace(deleted, missing=1).holds
    assert not replace(deleted, removed=0).holds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**63 - 1) | st.text() | st.decimals(-1000, 1000, places=2),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def without(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [without(one, name) for one in value]
    return {key: without(one, name) for key, one in value.items() if key != name} if isinstance(value, dict) else value


@given(JSON)
def test_a_lens_changes_nothing_else(value: Any) -> None:
    body = msgspec.json.Encoder(decimal_format="number").encode(value)
    read = partial(json.loads, parse_float=Decimal)
    answer = Answer(200, {}, body)
    assert without(read(unknown_fields(answer).body), "x_proof") == read(body)
    assert json.dumps(read(four_bytes(answer).body), default=str).replace(json.dumps(f" {FOUR_BYTES}")[1:-1], "") == json.dumps(
        read(body), default=str
    )


def test_lenses_see_records_and_names_and_dollars() -> None:
    order = {"total": "1.10", "currency": "USD", "lines": [{"qty": 1, "title": "Silk Scarf", "status": "IN_CART"}]}
    body = json.dumps({"orders": [order], "page": {"next": 2}}).encode()
    known = json.loads(unknown_fields(Answer(200, {}, body)).body)
    assert "x_proof" in known["orders"][0]["lines"][0]
    assert known["page"] == {"next": 2}
    line = json.loads(four_bytes(Answer(200, {}, body)).body)["orders"][0]["lines"][0]
    assert (line["title"], line["status"]) == (f"Silk Scarf {FOUR_BYTES}", "IN_CART")
    assert json.loads(zero_decimals(Answer(200, {}, body)).body)["orders"][0] == order | {"currency": "JPY"}
    assert unknown_fields(Answer(200, {}, b"<html>")).body == b"<html>"


def test_the_proxy_spoils_as_often_as_it_is_told(played: tuple[str, Played]) -> None:
    _, channel = played
    host = channel.connection.url.removesuffix("/shopify")
    asked = 0

    def teapot(seen: Seen) -> Answer:
        nonlocal asked
        asked += 1
        return Answer(418, {}, b"short and stout")

    with proxied(host) as proxy:
        proxy.arm(teapot, 2)
        statuses = [requests.get(f"{proxy.url}/_sandbox/clock", timeout=10).status_code for _ in range(12)]
        assert (statuses.count(418), asked) == (2, 2)
        proxy.arm(None)
        assert (
            requests.get(f"{proxy.url}/_sandbox/clock", timeout=10).json()
            == requests.get(f"{host}/_sandbox/clock", timeout=10).json()
        )


def test_an_answer_that_could_not_be_spoiled_does_not_count(played: tuple[str, Played]) -> None:
    """There is no page before a list's first one."""
    asked = 0

    def late(seen: Seen) -> Answer:
        nonlocal asked
        asked += 1
        return seen.answer if asked < 3 else Answer(418, {}, b"")

    with proxied(played[1].connection.url.removesuffix("/shopify")) as proxy:
        proxy.arm(late, 1)
        statuses = [requests.get(f"{proxy.url}/_sandbox/clock", timeout=10).status_code for _ in range(15)]
        assert (statuses.count(418), asked, proxy.spoiled) == (1, 3, 1)


def test_of_an_erp_orders_are_spoiled(played: tuple[str, Played]) -> None:
    """Though it tells of products, places and stock before them."""
    address, _ = played
    state = SandboxState(world())
    erp = sellers()["odoo"]
    with hosted(state) as url:
        channel = Played(ODOO, erp.connection(ODOO, url, lambda: state.now), Stage(state, "odoo", erp.shop.shop))
        verdict = prove(address, [channel], [BY_NAME["expired"]])
    clean, expired = verdict.cases
    assert verdict.holds
    assert clean.delivered == clean.landed > 100
    assert (expired.said or "").startswith("sale_orders: HTTP 401")


def test_a_name_that_does_not_exist_is_told_with_those_that_do() -> None:
    said = CliRunner().invoke(app, ["prove", "landing", "--fault", "gremlins"])
    assert said.exit_code == 2
    assert "dropped-pages" in said.output


def test_the_command_tells_each_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_DATABASE_URL", raising=False)
    wanted = ["prove", "landing", "--channel", "shopify", "--fault", "server-errors", "--orders", "100", "--json"]
    said = CliRunner().invoke(app, wanted)
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["holds"]
    assert [case["fault"] for case in told["cases"]] == ["none", "server-errors"]
