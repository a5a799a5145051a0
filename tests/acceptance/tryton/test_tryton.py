"""A Tryton whose prices, stock and purchases change after they were landed, behind a network that spoils answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Connection, Refused
from sluice.channels.tryton.connector import CONNECTOR, Options
from sluice.landing.land import Landed, land
from sluice.proofs import spoiled
from sluice.proofs.spoiled import proxied
from tests.acceptance.tryton.erp import SECRETS, Tryton
from tests.channels.tryton.test_landed import QUERIES
from tests.conftest import copy_of

pytestmark = pytest.mark.timeout(900)
FAULTS = (spoiled.throttled, spoiled.server_error, spoiled.truncated, spoiled.cut, spoiled.not_the_api)


def connection(url: str, **secrets: str) -> Connection:
    return Connection(
        shop="erp",
        url=url,
        secrets=SECRETS | secrets,
        currency="USD",
        timezone="UTC",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(page_size=2),
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


def test_nothing_is_missing_to_read_it(real_tryton: Tryton) -> None:
    assert list(CONNECTOR.open(connection(real_tryton.url)).check()) == []  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="no such user"):
        list(CONNECTOR.open(connection(real_tryton.url, password="wrong")).pages(CONNECTOR.streams[0], None))


def test_what_changes_after_it_was_landed_is_read(real_tryton: Tryton, db: psycopg.Connection) -> None:
    first = land_all(db, real_tryton.url)
    before = views(db)
    assert all(landed.quarantined == 0 for landed in first.values())
    assert [row[:3] for row in before["products"]] == [
        ("LAMP", "Lamp", Decimal(20)), ("MUG", "Mug", Decimal(8)), ("RUG", "Rug", Decimal(80)), ("VASE", "Vase", Decimal(15)),
    ]  # fmt: skip
    assert before["stock"] == [("WH", "LAMP", 40, 4), ("WH", "RUG", 12, 0), ("WH", "VASE", 5, 0)]
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
    assert after["products"][0][:4] == ("LAMP", "Lamp", Decimal(21), Decimal("9.50"))
    assert after["products"][1][3:] == (Decimal("2.10"), "USD", "inactive")
    assert after["stock"] == [("WH", "LAMP", 35, 4), ("WH", "RUG", 24, 0), ("WH", "VASE", 10, 0)]
    assert [row[4:6] for row in after["purchases"]] == [(24, "received"), (10, "received")]
    assert land_all(db, real_tryton.url)["stock"].changed == 0
