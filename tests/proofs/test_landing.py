"""The proof of landing holds, and breaks where reconciliation is left out: what a platform dropped stays lost then."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from sluice import warehouse
from sluice.channels.shopify.connector import CONNECTOR
from sluice.cli.main import app
from sluice.proofs.landing import CLEAN, FAULTS, Case, Played, prove, shop_of
from sluice.proofs.spoiled import Answer, Seen, proxied
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import START
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
                malform=lambda: state.faults.plan("shopify", malformed=2),
                move=lambda: state.set_clock(state.now + timedelta(days=2)),
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
