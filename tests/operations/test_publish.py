"""A decided number takes effect at the channel once, the newest wins, and what failed is tried again, then told."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Answer, ChannelError, Quota
from sluice.channels.registry import connectors
from sluice.config import Planning
from sluice.operations.decide import decide, invariant_violations, newest_run
from sluice.operations.publish import ATTEMPTS, deliver, queue
from tests.operations.shop import Company, company

STATES = "select state, count(*) from ops.outbox group by 1"


def planned(db: psycopg.Connection, quantity: int) -> int:
    """A finished plan that gives the own shop `quantity` pieces of every stocked SKU at every facility."""
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
    db.commit()
    return int(run[0])


@pytest.fixture
def shop(prepared_url: str, home: Path) -> Iterator[Company]:
    with company(prepared_url, orders=150) as made:
        made.land()
        yield made


def states(shop: Company) -> dict[str, int]:
    return dict(shop.db.execute(STATES).fetchall())


def published_by_the_channel(shop: Company) -> set[int]:
    return set(shop.state.published.values())


def test_numbers_arrive_and_read_back(shop: Company) -> None:
    queued = queue(shop.db, planned(shop.db, 7), "shopify", "main", by_facility=True)
    shop.db.commit()
    done = deliver(shop.db, "shopify", "main", connectors()["shopify"].open(shop.connection("shopify")))
    assert queued > 0
    assert (done.sent, done.confirmed, done.refused) == (queued, queued, 0)
    assert 7 in published_by_the_channel(shop)
    assert states(shop) == {"sent": queued}


def test_a_bundle_is_worth_its_scarcest_component(shop: Company) -> None:
    queue(shop.db, planned(shop.db, 7), "shopify", "main", by_facility=True)
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


def test_queuing_a_plan_twice_queues_it_once(shop: Company) -> None:
    run = planned(shop.db, 3)
    assert queue(shop.db, run, "shopify", "main", by_facility=True) > 0
    assert queue(shop.db, run, "shopify", "main", by_facility=True) == 0


def test_the_newer_plan_wins_and_an_earlier_value_can_return(shop: Company) -> None:
    first = queue(shop.db, planned(shop.db, 3), "shopify", "main", by_facility=True)
    queue(shop.db, planned(shop.db, 9), "shopify", "main", by_facility=True)
    assert states(shop) == {"superseded": first, "pending": first}
    channel = connectors()["shopify"].open(shop.connection("shopify"))
    deliver(shop.db, "shopify", "main", channel)
    queue(shop.db, planned(shop.db, 3), "shopify", "main", by_facility=True)
    deliver(shop.db, "shopify", "main", channel)
    assert 3 in published_by_the_channel(shop)
    assert 9 not in published_by_the_channel(shop)


class Crashing:
    """The real channel, with the line cut after the platform took the numbers."""

    def __init__(self, shop: Company) -> None:
        self.channel = connectors()["shopify"].open(shop.connection("shopify"))

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        list(self.channel.publish(quotas))
        raise KeyboardInterrupt


class Refusing:
    """A channel that is down."""

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        raise ChannelError("the shop is closed for maintenance")


def test_a_crash_between_sending_and_noting_sends_again_and_changes_nothing_more(shop: Company, prepared_url: str) -> None:
    queued = queue(shop.db, planned(shop.db, 5), "shopify", "main", by_facility=True)
    shop.db.commit()
    with pytest.raises(KeyboardInterrupt):
        deliver(shop.db, "shopify", "main", Crashing(shop))  # type: ignore[arg-type]
    after_crash = dict(shop.state.published)
    assert states(shop) == {"pending": queued}
    done = deliver(shop.db, "shopify", "main", connectors()["shopify"].open(shop.connection("shopify")))
    assert done.confirmed == queued
    assert shop.state.published == after_crash


def test_what_a_channel_refuses_is_tried_again_then_dead(shop: Company) -> None:
    queued = queue(shop.db, planned(shop.db, 5), "shopify", "main", by_facility=True)
    shop.db.commit()
    for attempt in range(1, ATTEMPTS + 1):
        done = deliver(shop.db, "shopify", "main", Refusing())  # type: ignore[arg-type]
        assert done.refused == queued
        assert deliver(shop.db, "shopify", "main", Refusing()).refused == 0, "not again before its time"  # type: ignore[arg-type]
        assert states(shop) == ({"pending": queued} if attempt < ATTEMPTS else {"dead": queued})
        shop.db.execute("update ops.outbox set next_attempt_at = now()")
        shop.db.commit()
    assert shop.db.execute("select distinct answer from ops.outbox").fetchall() == [("the shop is closed for maintenance",)]


def test_two_deliveries_at_once_send_each_number_once(shop: Company, prepared_url: str) -> None:
    queued = queue(shop.db, planned(shop.db, 5), "shopify", "main", by_facility=True)
    shop.db.commit()
    channel = connectors()["shopify"].open(shop.connection("shopify"))

    class Overlapping:
        """While the first delivery is under way, a second one finds nothing to send."""

        def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
            with warehouse.connect(prepared_url) as other:
                assert deliver(other, "shopify", "main", channel).sent == 0
            return channel.publish(quotas)

    assert deliver(shop.db, "shopify", "main", Overlapping()).sent == queued  # type: ignore[arg-type]


def test_a_plan_without_marts_is_refused_before_anything_is_written(shop: Company) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        decide(shop.db, Planning())
    shop.db.rollback()
    assert newest_run(shop.db) is None
    assert invariant_violations(shop.db, 0) == 0
