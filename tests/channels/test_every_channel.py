"""What every channel promises, held against its sandbox: nothing lost, nothing doubled, money to the cent, faults survived."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from sluice import warehouse
from sluice.channels.protocol import ChannelError, Forgetful, Quota, Refused, Remembered
from sluice.landing.land import land
from sluice.landing.reconcile import reconcile
from sluice.landing.replay import replay
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import END, START
from sluice.sandbox.state import SandboxState
from tests.channels.every import SANDBOXES, House, house
from tests.sandbox.worlds import world

pytestmark = pytest.mark.timeout(600)
TABLES = ("orders", "order_lines", "payments", "refunds", "shipments", "customers", "products")
DAYS = 4


@pytest.fixture(scope="module", params=list(SANDBOXES))
def landed(
    request: pytest.FixtureRequest, postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """All streams landed once; only to be looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("landed")))
        with house(request.param, SandboxState(world()), postgres, every_template) as found:
            found.land()
            yield found


@pytest.fixture(params=list(SANDBOXES))
def fresh(
    request: pytest.FixtureRequest,
    postgres: warehouse.Embedded,
    every_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """Nothing landed yet."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    with house(request.param, SandboxState(world()), postgres, every_template) as found:
        yield found


def one(found: House, query: str) -> tuple[Any, ...]:
    row = found.db.execute(query, {"channel": found.connector.name}).fetchone()
    assert row is not None
    return tuple(row)


def unified(found: House, among: set[str] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """What the warehouse says, but for when it was loaded; of orders only those `among`, where that is given."""
    said = {}
    for table in TABLES:
        query = f"select to_jsonb(t) - 'loaded_at' from unified.{table} as t where channel = %s order by 1"
        rows = found.db.execute(query, (found.connector.name,)).fetchall()
        said[table] = [row for row in rows if among is None or row[0].get("order_id") is None or row[0]["order_id"] in among]
    return said


def fault(found: House, **wanted: Any) -> None:
    requests.post(f"{found.url}/_sandbox/faults", json={"channel": found.connector.name, **wanted}, timeout=10).raise_for_status()


def test_every_order_line_piece_and_cent_is_in_the_warehouse(landed: House) -> None:
    told, told_lines, _ = landed.told()
    orders, total = one(landed, "select count(*), sum(total_amount) from unified.orders where channel = %(channel)s")
    lines, pieces = one(
        landed,
        "select count(*), sum(quantity) from unified.order_lines where channel = %(channel)s and line_kind = 'product'",
    )
    assert (orders, lines, pieces) == (len(told), len(told_lines), told_lines["quantity"].sum())
    minor = told_lines["total_minor"].sum() + told_lines["tax_minor"].sum() + told["shipping_minor"].sum()
    assert total == Decimal(minor).scaleb(-2)


def test_nothing_is_quarantined_and_every_status_is_known(landed: House) -> None:
    assert one(landed, "select count(*) from raw.quarantine where channel = %(channel)s and resolved_at is null") == (0,)
    unknown = """
    select count(*) filter (where 'unknown' in (order_status, payment_status, fulfilment_status)) from unified.orders
    where channel = %(channel)s
    """
    assert one(landed, unknown) == (0,)
    for table in ("refunds", "shipments", "payments"):
        assert one(landed, f"select count(*) from unified.{table} where channel = %(channel)s and status = 'unknown'") == (0,)


def test_the_shop_sold_through_all_of_its_days_and_took_goods_back(landed: House) -> None:
    counts = {table: one(landed, f"select count(*) from unified.{table} where channel = %(channel)s")[0] for table in TABLES}
    assert all(counts[table] > 0 for table in ("orders", "order_lines", "products")), counts
    # The world counts in seconds, some platforms finer.
    first, last = one(
        landed,
        "select date_trunc('second', min(ordered_at)), date_trunc('second', max(ordered_at)) from unified.orders"
        " where channel = %(channel)s",
    )
    seen = landed.told()[0]["created_at"]
    assert (first, last) == (seen.min(), seen.max())


def test_the_channel_s_own_account_agrees(landed: House) -> None:
    found = reconcile(landed.db, landed.connector, landed.connection(), START, END)
    assert found.agrees, found.sentence()
    assert 0 < found.claimed_orders <= len(landed.told()[0])
    channel = landed.connector.open(landed.connection())
    if not isinstance(channel, Forgetful):
        assert found.claimed_orders == len(landed.told()[0])


def test_landing_again_changes_nothing(landed: House) -> None:
    before = unified(landed)
    again = landed.land()
    assert [(one.stream, one.new, one.changed, one.deleted) for one in again if one.new or one.changed or one.deleted] == []
    assert unified(landed) == before


def test_replay_from_the_lake_gives_the_same(landed: House) -> None:
    before = unified(landed)
    for stream in landed.connector.streams:
        replay(landed.db, landed.connector, landed.shop.shop, stream)
    landed.db.commit()
    assert unified(landed) == before


def test_landing_day_by_day_ends_where_landing_at_once_does(
    fresh: House, postgres: warehouse.Embedded, every_template: str
) -> None:
    """Whatever the platform's stamp does not tell is found all the same."""
    for _ in range(DAYS):
        fresh.land()
        fresh.state.advance(1)
    fresh.land()
    with house(fresh.connector.name, SandboxState(world(), fresh.state.now), postgres, every_template) as at_once:
        at_once.land()
        told = at_once.told()[2]
        expected, found = unified(at_once, told), unified(fresh, told)
    for table in TABLES:
        assert found[table] == expected[table], table


def test_a_published_number_is_read_back(landed: House) -> None:
    if landed.connector.publishes is None:
        pytest.skip("takes no numbers")
    listed = landed.db.execute(
        "select distinct on (sku) sku, product_id, listing_id, stock_ref from unified.products"
        " where channel = %s and status = 'active' and sku is not null order by sku limit 5",
        (landed.connector.name,),
    ).fetchall()
    facilities = {"facility": "WH-SH", "total": None}
    quotas = [Quota(f"d{number}", *row, facilities[landed.connector.publishes], 7 + number) for number, row in enumerate(listed)]
    channel = landed.connector.open(landed.connection())
    for _ in range(2):  # told again, nothing changes
        answers = {answer.decision_id: answer for answer in channel.publish(quotas)}
        assert {quota.decision_id: quota.quantity for quota in quotas} == {
            name: answer.read_back for name, answer in answers.items() if answer.accepted
        }, answers


@pytest.mark.parametrize("spoiled", ["throttle", "server_error", "truncate"])
def test_a_bad_answer_is_asked_for_again(fresh: House, spoiled: str) -> None:
    fault(fresh, **{spoiled: 2})
    fresh.land()
    assert one(fresh, "select count(*) from unified.orders where channel = %(channel)s") == (len(fresh.told()[0]),)


def test_a_malformed_record_is_set_aside_and_the_others_land(fresh: House) -> None:
    fault(fresh, malformed=1)
    counts = fresh.land()
    assert sum(one.quarantined for one in counts) == 1
    assert one(fresh, "select count(*) from raw.quarantine where channel = %(channel)s and resolved_at is null") == (1,)
    assert sum(one.new for one in counts) > 100


def test_refused_credentials_say_what_to_do(fresh: House) -> None:
    fault(fresh, refuse=True)
    with pytest.raises(Refused) as said:
        land(fresh.db, fresh.connector, fresh.connection(), fresh.connector.streams[0])
    assert len(str(said.value)) > 30
    fresh.db.rollback()
    fault(fresh, refuse=False)
    wrong = {next(iter(fresh.connector.secrets)): "wrong"}
    with pytest.raises(ChannelError):
        land(fresh.db, fresh.connector, fresh.connection(**wrong), fresh.connector.streams[0])


def test_a_token_that_was_kept_and_is_no_longer_taken_is_renewed(fresh: House) -> None:
    """Granted before a restart, revoked since: the shop goes on by itself, or never kept one."""
    tokens = Remembered()
    first = replace(fresh.connection(), tokens=tokens)
    next(iter(fresh.connector.open(first).pages(fresh.connector.streams[0], None)), None)
    if tokens.token is None:
        pytest.skip("asks for no short-lived token")
    # the same platform, which does not know of any token that it granted
    with hosted(SandboxState(world())) as url:
        elsewhere = replace(first, url=f"{url}/{fresh.connector.name}")
        assert next(iter(fresh.connector.open(elsewhere).pages(fresh.connector.streams[0], None)), None) is not None
