"""A decided number takes effect at the channel once, the newest wins, and what failed is tried again, then told."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Answer, ChannelError, Quota
from sluice.channels.registry import connectors
from sluice.operations import publish
from sluice.operations.decide import decide, invariant_violations, newest_run
from sluice.operations.outbox import Outlet, queue
from sluice.operations.publish import ATTEMPTS, deliver
from sluice.operations.watch import arrives, look, reads_back, tell
from sluice.planning_policy import Planning
from tests.operations.shop import Company, company

STATES = "select state, count(*) from ops.outbox group by 1"
OWN = Outlet("shopify", "main", by_facility=True)
ALERTS = "select title, severity, detail from ops.alerts where closed_at is null"


def planned(db: psycopg.Connection, quantity: int) -> int:
    """A finished plan in force that gives the own shop `quantity` pieces of every stocked SKU at every facility."""
    run = db.execute("insert into planning.runs (as_of, policy) values (current_date, '{}') returning run_id").fetchone()
    assert run
    db.execute(
        """
        insert into planning.quotas (run_id, facility_id, sku, channel, shop, quota, published, rule)
        select distinct %s::bigint, facility_id, sku, 'shopify', 'main', %s::int, %s::int, 'test' from unified.stock
        """,
        (run[0], quantity, quantity),
    )
    db.execute("update planning.runs set finished_at = now() where run_id = %s", run)
    db.execute(
        """
        insert into planning.decided (facility_id, sku, run_id, movement_id)
        select facility_id, sku, run_id, 0 from planning.quotas where run_id = %s
        on conflict (facility_id, sku) do update set run_id = excluded.run_id
        """,
        run,
    )
    db.commit()
    return int(run[0])


def queued(db: psycopg.Connection, quantity: int) -> int:
    """The same, queued; the number of messages."""
    planned(db, quantity)
    count = queue(db, OWN, everything=True)
    db.commit()
    return count


@pytest.fixture
def shop(prepared_url: str, home: Path) -> Iterator[Company]:
    with company(prepared_url, orders=150) as made:
        made.land()
        yield made


def states(shop: Company) -> dict[str, int]:
    found = dict(shop.db.execute(STATES).fetchall())
    shop.db.commit()
    return found


def alerts(shop: Company) -> list[tuple[str, str, str]]:
    for watch in (arrives(OWN), reads_back(OWN)):
        tell(shop.db, watch, look(shop.db, watch))
    found = [(title, severity, detail) for title, severity, detail in shop.db.execute(ALERTS)]
    shop.db.commit()
    return found


def published_by_the_channel(shop: Company) -> set[int]:
    return set(shop.state.published.values())


def test_numbers_arrive_and_read_back(shop: Company) -> None:
    count = queued(shop.db, 7)
    done = deliver(shop.db, OWN, connectors()["shopify"].open(shop.connection("shopify")))
    assert count > 0
    assert (done.sent, done.confirmed, done.refused) == (count, count, 0)
    assert 7 in published_by_the_channel(shop)
    assert states(shop) == {"sent": count}
    assert alerts(shop) == []


def test_a_bundle_is_worth_its_scarcest_component(shop: Company) -> None:
    queued(shop.db, 7)
    wrong = shop.db.execute(
        """
        select o.sku, o.quantity, 7 / max(b.quantity) from ops.outbox as o
        inner join unified.bundle_components as b on b.bundle_sku = o.sku
        group by 1, 2, o.message_id having o.quantity <> 7 / max(b.quantity)
        """
    ).fetchall()
    bundles = shop.db.execute(
        "select count(*) from ops.outbox where sku in (select bundle_sku from unified.bundle_components)"
    ).fetchone()
    assert wrong == []
    assert bundles != (0,)


def test_a_channel_of_one_number_gets_the_sum_of_its_facilities(shop: Company) -> None:
    planned(shop.db, 7)
    queue(shop.db, Outlet("shopify", "main", by_facility=False), everything=True)
    wrong = shop.db.execute(
        """
        select o.sku, o.quantity, o.facility_id from ops.outbox as o
        where o.sku not in (select bundle_sku from unified.bundle_components) and (
            o.facility_id is not null
            or o.quantity <> 7 * (select count(*) from planning.decided as d where d.sku = o.sku)
        )
        """
    ).fetchall()
    assert wrong == []
    assert states(shop)["pending"] > 0


def test_queuing_a_plan_twice_queues_it_once(shop: Company) -> None:
    assert queued(shop.db, 3) > 0
    assert queue(shop.db, OWN, everything=True) == 0
    assert queue(shop.db, OWN) == 0


def test_the_newer_plan_wins_and_an_earlier_value_can_return(shop: Company) -> None:
    first = queued(shop.db, 3)
    queued(shop.db, 9)
    channel = connectors()["shopify"].open(shop.connection("shopify"))
    deliver(shop.db, OWN, channel)
    assert states(shop) == {"superseded": first, "sent": first}
    queued(shop.db, 3)
    deliver(shop.db, OWN, channel)
    assert 3 in published_by_the_channel(shop)
    assert 9 not in published_by_the_channel(shop)


def test_of_two_numbers_for_a_listing_only_the_newer_goes_out_at_once(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the newer one is queued between the deliverer's looks, so that the older is not yet put aside."""
    count = queued(shop.db, 5)
    queued(shop.db, 8)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "SUPERSEDE", "select")
        done = deliver(shop.db, OWN, Shopify(shop))  # type: ignore[arg-type]
    assert (done.sent, done.refused) == (count, 0)
    deliver(shop.db, OWN, Shopify(shop))  # type: ignore[arg-type]
    assert states(shop) == {"superseded": count, "sent": count}
    assert 5 not in published_by_the_channel(shop)


class Shopify:
    """The real channel of the shop, to be broken."""

    def __init__(self, shop: Company) -> None:
        self.channel = connectors()["shopify"].open(shop.connection("shopify"))

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        return self.channel.publish(quotas)


class Crashing(Shopify):
    """The line is cut after the platform took the numbers."""

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        list(self.channel.publish(quotas))
        raise KeyboardInterrupt


class Down(Shopify):
    """The platform takes some of the numbers and goes down."""

    def __init__(self, shop: Company, taken: int = 0) -> None:
        super().__init__(shop)
        self.taken = taken

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        yield from self.channel.publish(quotas[: self.taken])
        raise ChannelError("the shop is closed for maintenance")


class Refusing(Shopify):
    """Says no to each number."""

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        return (Answer(quota.decision_id, False, "this listing is archived") for quota in quotas)


class Forgetful(Shopify):
    """Takes each number and shows another."""

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        return (Answer(quota.decision_id, True, "set", quota.quantity + 1) for quota in quotas)


def test_a_crash_between_sending_and_noting_sends_again_and_changes_nothing_more(shop: Company) -> None:
    count = queued(shop.db, 5)
    with pytest.raises(KeyboardInterrupt):
        deliver(shop.db, OWN, Crashing(shop))  # type: ignore[arg-type]
    after_crash = dict(shop.state.published)
    assert states(shop) == {"pending": count}
    done = deliver(shop.db, OWN, connectors()["shopify"].open(shop.connection("shopify")))
    assert done.confirmed == count
    assert shop.state.published == after_crash


def test_what_a_channel_refuses_is_tried_again_then_dead_and_told(shop: Company) -> None:
    count = queued(shop.db, 5)
    for attempt in range(1, ATTEMPTS + 1):
        assert deliver(shop.db, OWN, Refusing(shop)).refused == count  # type: ignore[arg-type]
        assert deliver(shop.db, OWN, Refusing(shop)).refused == 0, "not again before its time"  # type: ignore[arg-type]
        assert states(shop) == ({"pending": count} if attempt < ATTEMPTS else {"dead": count})
        assert len(alerts(shop)) == (attempt == ATTEMPTS)
        shop.db.execute("update ops.outbox set next_attempt_at = now()")
        shop.db.commit()
    ((title, severity, detail),) = alerts(shop)
    assert (title, severity) == ("published.shopify_main: numbers arrive", "warning")
    assert "refused for good (this listing is archived)" in detail
    assert queue(shop.db, OWN) == 0, "the same decision is not told twice"
    planned(shop.db, 5)
    assert queue(shop.db, OWN) == count, "the next decision is, though its number is the same: it never arrived"
    deliver(shop.db, OWN, Shopify(shop))  # type: ignore[arg-type]
    assert alerts(shop) == []


def test_a_channel_that_is_down_gets_the_newest_number_only_when_it_is_back(shop: Company) -> None:
    count = queued(shop.db, 5)
    for number in range(6, 6 + 2 * ATTEMPTS):
        assert deliver(shop.db, OWN, Down(shop)).fault == "the shop is closed for maintenance"  # type: ignore[arg-type]
        queued(shop.db, number)
        assert deliver(shop.db, OWN, Shopify(shop)).sent == 0, "it is left alone for a while"  # type: ignore[arg-type]
        shop.db.execute("update ops.outlet_faults set next_attempt_at = now()")
        shop.db.commit()
    assert published_by_the_channel(shop) == set()
    assert [detail for _, _, detail in alerts(shop) if "it takes nothing: the shop is closed" in detail]
    done = deliver(shop.db, OWN, Shopify(shop))  # type: ignore[arg-type]
    assert (done.sent, done.fault) == (count, None)
    assert states(shop) == {"superseded": count * 2 * ATTEMPTS, "sent": count}
    assert max(published_by_the_channel(shop)) == 5 + 2 * ATTEMPTS
    assert alerts(shop) == []


def test_what_was_taken_before_a_fault_is_noted_and_the_rest_waits(shop: Company) -> None:
    count = queued(shop.db, 5)
    done = deliver(shop.db, OWN, Down(shop, taken=10))  # type: ignore[arg-type]
    assert (done.sent, done.refused) == (10, 0)
    assert states(shop) == {"sent": 10, "pending": count - 10}


def test_a_number_that_reads_back_differently_is_told(shop: Company) -> None:
    count = queued(shop.db, 5)
    done = deliver(shop.db, OWN, Forgetful(shop))  # type: ignore[arg-type]
    assert (done.sent, done.confirmed) == (count, 0)
    ((title, severity, detail),) = alerts(shop)
    assert (title, severity) == ("published.shopify_main: reads back the same", "warning")
    assert "took 5, shows 6" in detail


def test_two_deliveries_at_once_send_each_number_once_and_none_overtakes_another(shop: Company, prepared_url: str) -> None:
    """While an old number is on its way a newer one is queued, and another deliverer comes: it waits; the newer arrives last."""
    count = queued(shop.db, 5)
    others: list[object] = []
    channel = Shopify(shop)

    def second() -> None:
        with warehouse.connect(prepared_url) as other:
            others.append(deliver(other, OWN, Shopify(shop)))  # type: ignore[arg-type]

    class Slow(Shopify):
        def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
            with warehouse.connect(prepared_url) as other:
                queued(other, 8)
                assert not deliver(other, OWN, channel, wait=False).is_ours  # type: ignore[arg-type]
            beside.start()
            beside.join(0.5)
            assert beside.is_alive(), "it waits for its turn"
            return self.channel.publish(quotas)

    beside = threading.Thread(target=second)
    # the first goes on until nothing is due, the newer numbers too
    done = deliver(shop.db, OWN, Once(Slow(shop), channel))  # type: ignore[arg-type]
    beside.join(60)
    assert done.sent == 2 * count
    assert [one.sent for one in others] == [0]  # type: ignore[attr-defined]
    assert states(shop) == {"sent": 2 * count}
    assert 8 in published_by_the_channel(shop)
    assert 5 not in published_by_the_channel(shop)


class Once:
    """One channel for the first call, another for the rest."""

    def __init__(self, first: Shopify, then: Shopify) -> None:
        self.channels = [first]
        self.then = then

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        return (self.channels.pop() if self.channels else self.then).publish(quotas)


def test_no_transaction_is_open_while_the_channel_is_asked(shop: Company, prepared_url: str) -> None:
    queued(shop.db, 5)
    seen: list[str] = []

    class Looking(Shopify):
        def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
            with warehouse.connect(prepared_url) as other:
                row = other.execute("select state from pg_stat_activity where pid = %s", (shop.db.info.backend_pid,)).fetchone()
                assert row
                seen.append(row[0])
            return self.channel.publish(quotas)

    deliver(shop.db, OWN, Looking(shop))  # type: ignore[arg-type]
    assert seen == ["idle"]


def test_a_plan_without_marts_is_refused_before_anything_is_written(shop: Company) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        decide(shop.db, Planning())
    shop.db.rollback()
    assert newest_run(shop.db) is None
    assert invariant_violations(shop.db, 0) == 0
