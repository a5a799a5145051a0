"""`sluice land` when a channel does not play along."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.cli.command import User, kept_sandbox, user


@dataclass(frozen=True)
class Company:
    user: User
    state: SandboxState


@pytest.fixture
def company(tmp_path: Path, prepared_url: str) -> Iterator[Company]:
    made = Company(user(tmp_path, 200, prepared_url), SandboxState(World.generate(5, 200)))
    with kept_sandbox(made.user, made.state):
        yield made


def test_a_shop_that_refuses_is_named_and_keeps_no_other_from_landing(company: Company) -> None:
    company.state.faults.plan("shopify", refuse=True)
    done = company.user.sluice("land", "--json")
    assert done.code == 1
    assert done.err.startswith("sluice: shopify/main: Shopify refused the access token.")
    assert "Traceback" not in done.err
    landed = {one["channel"]: one["new"] for one in done.json if one["stream"] in ("orders", "trades", "products")}
    assert "shopify" not in landed
    assert all(landed[channel] > 0 for channel in ("taobao", "odoo", "file"))
    company.state.faults.plan("shopify", refuse=False)
    again = company.user.sluice("land", "shopify/main", "--json")
    assert again.code == 0
    assert {one["stream"]: one["new"] > 0 for one in again.json}["orders"]


def test_throttling_and_faults_of_the_platform_are_ridden_out(company: Company) -> None:
    for channel in ("shopify", "taobao", "odoo"):
        company.state.faults.plan(channel, throttle=2, server_error=1)
    done = company.user.sluice("land", "--json")
    assert done.code == 0, done.err
    assert company.user.sluice("reconcile").code == 0


def test_check_says_which_channel_answers(company: Company) -> None:
    company.state.faults.plan("taobao", refuse=True)
    done = company.user.sluice("channels", "check", "--json")
    assert done.code == 1
    said = done.json
    assert {name for name, faults in said.items() if not faults} == {"shopify/main", "odoo/erp", "file/hangzhou"}
    assert "Taobao" in said["taobao/flagship"][0]
