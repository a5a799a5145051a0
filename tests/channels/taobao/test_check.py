"""What `sluice channels check` says of a Taobao shop: nothing of a good one, else the clock and each right that is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.channels.protocol import Refused
from sluice.channels.taobao.connector import Taobao
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.scripted import scripted
from tests.channels.taobao.shop import answered, shop
from tests.sandbox.worlds import world

NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)
DENIED = {"error_response": {"code": 11, "msg": "Insufficient isv permissions", "sub_code": "isv.permission-api-package-limit"}}
ENDED = {"error_response": {"code": 27, "msg": "Invalid session", "sub_code": "invalid-sessionkey"}}


def platform(form: dict[str, str], denied: str = "", answer: dict[str, Any] = DENIED) -> dict[str, Any]:
    if form["method"].startswith(denied or "none"):
        return answer
    return answered(form, time="2026-11-01 00:00:00") if form["method"] == "taobao.time.get" else answered(form, total_results=0)


def opened(url: str, off: timedelta = timedelta(0)) -> Taobao:
    found = shop(url)
    return replace(found, gateway=replace(found.gateway, clock=lambda: NOW + off))


def test_a_shop_that_lacks_nothing_is_told_nothing() -> None:
    with scripted(platform) as url:
        assert list(opened(url).check()) == []
        assert list(opened(url, timedelta(minutes=-4)).check()) == []


def test_the_sandbox_s_shop_lacks_nothing() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        found = shop(f"{url}/taobao")
        assert list(replace(found, gateway=replace(found.gateway, clock=lambda: state.now)).check()) == []


@pytest.mark.parametrize("minutes", [7, -7])
def test_a_clock_that_is_off_is_told_before_calls_are_refused(minutes: int) -> None:
    with scripted(platform) as url:
        (said,) = opened(url, timedelta(minutes=minutes)).check()
    assert "7 minutes off" in said


@pytest.mark.parametrize("method", ["taobao.trades.sold.increment.get", "taobao.refunds.receive.get", "taobao.items.onsale.get"])
def test_a_right_that_is_missing_is_named(method: str) -> None:
    with scripted(lambda form: platform(form, method)) as url:
        (said,) = opened(url).check()
    assert said.startswith(f"{method} can't be called")
    assert "apply for it in the app's console" in said


def test_a_session_that_ended_is_said_once() -> None:
    with scripted(lambda form: platform(form, "taobao.", ENDED)) as url, pytest.raises(Refused, match="authorise the app again"):
        list(opened(url).check())
