"""A Tryton whose prices, stock and purchases change after they were landed, behind a network that spoils answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Answer, Connection, Dispatch, Refused
from sluice.channels.tryton.connector import CONNECTOR, Options
from sluice.landing.land import Landed, land
from sluice.landing.reconcile import reconcile
from sluice.proofs import spoiled
from sluice.proofs.spoiled import proxied
from tests.acceptance.tryton.erp import SECRETS, Tryton
from tests.channels.tryton import test_sales as sold
from tests.channels.tryton.test_landed import QUERIES
from tests.conftest import copy_of

pytestmark = pytest.mark.timeout(900)
SOLD = ("CLOCK", "POT")
FAULTS = (spoiled.throttled, spoiled.server_error, spoiled.truncated, spoiled.cut, spoiled.not_the_api)


def connection(url: str, **secrets: str) -> Connection:
    return Connection(
        shop="erp",
        url=url,
        secrets=SECRETS | secrets,
        currency="USD",
        timezone="UTC",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(page_size=2, sales=True),
    )


@pytest.fixture(scope="module")
def db(
    postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(postgres, every_template) as address,
        warehouse.connect(address) as db,
    ):
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("tryton")))
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('tryton', 'erp', 'ERP', 'erp', 'USD', 'UTC', 'USD')"
        )
        db.commit()
        yield db


def land_all(db: psycopg.Connection, url: str) -> dict[str, Landed]:
    return {stream.name: land(db, CONNECTOR, connection(url), stream) for stream in CONNECTOR.streams}


def views(db: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    found = {view: db.execute(query).fetchall() for view, query in QUERIES.items()}
    db.rollback()
    return found


def held(found: dict[str, list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """Stock of what is not sold."""
    return [row for row in found["stock"] if row[1] not in SOLD]


def test_nothing_is_missing_to_read_it(real_tryton: Tryton) -> None:
    assert list(CONNECTOR.open(connection(real_tryton.url)).check()) == []  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="no such user"):
        list(CONNECTOR.open(connection(real_tryton.url, password="wrong")).pages(CONNECTOR.streams[0], None))


def test_what_changes_after_it_was_landed_is_read(real_tryton: Tryton, db: psycopg.Connection) -> None:
    first = land_all(db, real_tryton.url)
    before = views(db)
    assert all(landed.quarantined == 0 for landed in first.values())
    assert [row[:3] for row in before["products"] if row[0] not in SOLD] == [
        ("LAMP", "Lamp", Decimal(20)), ("MUG", "Mug", Decimal(8)), ("RUG", "Rug", Decimal(80)), ("VASE", "Vase", Decimal(15)),
    ]  # fmt: skip
    assert held(before) == [("WH", "LAMP", 40, 4), ("WH", "RUG", 12, 0), ("WH", "VASE", 5, 0)]
    assert [row[:6] for row in before["purchases"]] == [
        ("RUG", "WH", "Mill", 24, 12, "open"),
        ("VASE", "WH", "Mill", 10, 5, "open"),
    ]

    real_tryton.go_on()
    with proxied(real_tryton.url) as proxy:
        for stream, fault in zip(CONNECTOR.streams, cycle(FAULTS), strict=False):
            proxy.arm(fault, 1)
            land(db, CONNECTOR, connection(proxy.url), stream)
    after = views(db)
    products = {row[0]: row[1:] for row in after["products"]}
    assert products["LAMP"][:3] == ("Lamp", Decimal(21), Decimal("9.50"))
    assert products["MUG"][2:] == (Decimal("2.10"), "USD", "inactive")
    assert held(after) == [("WH", "LAMP", 35, 4), ("WH", "RUG", 24, 0), ("WH", "VASE", 10, 0)]
    assert [row[4:6] for row in after["purchases"]] == [(24, "received"), (10, "received")]
    assert land_all(db, real_tryton.url)["stock"].changed == 0


def test_sales_that_change_after_they_were_landed_are_read_and_reconciled(real_tryton: Tryton, db: psycopg.Connection) -> None:
    """After the test above, which landed them first."""
    before = sold.views(db)
    assert reconciled(db, real_tryton.url) == 6
    real_tryton.sell_on()
    with proxied(real_tryton.url) as proxy:
        proxy.arm(spoiled.cut, 1)
        land(db, CONNECTOR, connection(proxy.url), CONNECTOR.stream("sales"))
    after = sold.views(db)
    for promise in (
        sold.test_states_are_what_the_company_did, sold.test_amounts_add_up_and_refunds_leave_them_alone,
        sold.test_lines_are_pieces, sold.test_payments_are_what_came_in_or_is_to_come,
        sold.test_returns_and_credit_notes_are_refunds_of_the_sale, sold.test_shipments_bring_their_tracking_numbers,
        sold.test_where_it_goes_and_to_whom, sold.test_times_are_in_order,
    ):  # fmt: skip
        promise((before, after))
    assert reconciled(db, real_tryton.url) == 6
    again = land_all(db, real_tryton.url)["sales"]
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)


def test_parcels_that_tryton_is_told_of_are_landed(real_tryton: Tryton, db: psycopg.Connection) -> None:
    """After the test above: both sales are of goods that it counted."""
    real_tryton.have_orders_wait()
    reader = CONNECTOR.open(connection(real_tryton.url)).reader  # type: ignore[attr-defined]
    fields = ["reference", "lines.quantity"]
    found = json.loads(reader.rows("sale.sale", [["reference", "in", ["BOX", "LOTS"]]], fields))["result"]
    sales = {sale["reference"]: (str(sale["id"]), [str(line["id"]) for line in sale["lines."]]) for sale in found}
    (box, (clock, pot)), (lots, (many,)) = sales["BOX"], sales["LOTS"]

    for told in (lots, "B0", {}), (lots, "B0", {many: 4000}), (box, "B0", {pot: 4}), (box, "B0", {"1": 1}), ("999", "B0", {}):
        assert not tell(real_tryton.url, *told).accepted
    assert tell(real_tryton.url, box, "B1", {pot: 2}).message == "sent"
    assert tell(real_tryton.url, box, "B1", {pot: 2}).message == "known already"
    assert tell(real_tryton.url, box, "B2").message == "sent"
    assert tell(real_tryton.url, lots, "B3", {many: 40}).message == "sent"
    with proxied(real_tryton.url) as proxy:
        proxy.arm(spoiled.cut, 1)
        assert tell(proxy.url, box, "B2").message == "known already"
    assert "nothing of the sale is left" in tell(real_tryton.url, box, "B4").message

    land(db, CONNECTOR, connection(real_tryton.url), CONNECTOR.stream("sales"))
    ours = "where channel = 'tryton' and order_id = any(%s)"
    query = f"select order_id, carrier, tracking_number, status from unified.shipments {ours} order by 3"
    parcels = db.execute(query, [[box, lots]]).fetchall()
    query = f"select line_id, shipped_quantity from unified.order_lines {ours}"
    pieces = dict(db.execute(query, [[box, lots]]).fetchall())
    db.rollback()
    assert [row for row in parcels if row[2]] == [(sale, "DHL", f"B{n}", "shipped") for n, sale in enumerate((box, box, lots), 1)]
    assert pieces == {clock: 2, pot: 3, many: 40}


def tell(url: str, order: str, number: str, lines: dict[str, int] | None = None) -> Answer:
    parcel = Dispatch(f"{order}/{number}", order, "DHL", number, datetime.now(UTC), lines or {})
    (answer,) = CONNECTOR.open(connection(url)).ship([parcel])  # type: ignore[attr-defined]
    assert isinstance(answer, Answer)
    assert answer.decision_id == parcel.dispatch_id
    return answer


def reconciled(db: psycopg.Connection, url: str) -> int:
    """How many orders Tryton claims, all of which are there with the same totals."""
    found = reconcile(db, CONNECTOR, connection(url), datetime(2024, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert found.agrees, found.sentence()
    return found.claimed_orders
