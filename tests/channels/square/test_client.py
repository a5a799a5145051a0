"""Square's own Python client against our sandbox: what it makes of our answers is what we make of them."""

import importlib
from decimal import Decimal

import pytest

from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.square import SECRETS
from sluice.sandbox.square.records import LOCATIONS, stamp
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

square = importlib.import_module("square")


def test_it_reads_and_writes_the_shop() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        client = square.Square(token=SECRETS["token"], base_url=f"{url}/square")
        places = [place.id for place in client.locations.list().locations or []]
        assert places == list(LOCATIONS.values())

        orders, cursor = [], None
        while cursor is not None or not orders:
            page = client.orders.search(
                location_ids=places,
                limit=100,
                query={
                    "filter": {"date_time_filter": {"updated_at": {"start_at": "2025-01-01T00:00:00Z"}}},
                    "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
                },
                **({"cursor": cursor} if cursor else {}),
            )
            orders += page.orders or []
            cursor = page.cursor
        sold = [order for order in orders if order.line_items]
        truth = state.world.truth("square", "main", AS_OF)
        assert len(sold) == truth.orders
        assert sum(order.total_money.amount for order in sold) == truth.total_minor
        assert sum(Decimal(line.quantity) for order in sold for line in order.line_items) == truth.units

        payments = [one for place in places for one in client.payments.list(location_id=place, begin_time="2025-01-01T00:00:00Z")]
        assert {one.order_id for one in payments} == {order.id for order in sold}
        refunds = list(client.refunds.list(begin_time="2025-01-01T00:00:00Z"))
        assert {one.order_id for one in refunds} == {order.id for order in orders if order.returns}
        assert sum(one.amount_money.amount for one in refunds if one.status == "COMPLETED") == sum(
            one.refunded_money.amount for one in payments if one.refunded_money
        )

        found = client.catalog.search(object_types=["ITEM_VARIATION"], limit=1000).objects or []
        variation = found[0].id
        changed = client.inventory.batch_create_changes(
            idempotency_key="k1",
            changes=[
                {
                    "type": "PHYSICAL_COUNT",
                    "physical_count": {
                        "catalog_object_id": variation,
                        "location_id": places[0],
                        "state": "IN_STOCK",
                        "quantity": "12",
                        "occurred_at": stamp(state.now),
                    },
                }
            ],
        )
        assert [count.quantity for count in changed.counts or []] == ["12"]

        waiting = next(order for order in sold if order.state == "OPEN" and order.fulfillments[0].state == "PROPOSED")
        part = {"uid": waiting.fulfillments[0].uid, "type": "SHIPMENT", "state": "COMPLETED"}
        told = {"location_id": waiting.location_id, "version": waiting.version, "fulfillments": [part]}
        assert client.orders.update(waiting.id, order=told).order.fulfillments[0].state == "COMPLETED"

        stranger = square.Square(token="wrong", base_url=f"{url}/square")
        with pytest.raises(square.core.api_error.ApiError):
            stranger.locations.list()
