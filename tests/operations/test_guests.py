"""Who orders without an account: met again in their shop and in others, and taken for nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.customers.email import email
from sluice.customers.phone import phone
from sluice.landing.raw_tables import ensure
from sluice.operations.identity import identify
from sluice.prepare import WITHOUT_TESTS
from tests.conftest import DBT, copy_of
from tests.warehouse.raw import landed, put

AT = datetime(2026, 11, 1, tzinfo=UTC)
SHOPS = (("shopify", "main"), ("woocommerce", "site"))
WEI = {"name": "Wei Zhang", "email": "wei.zhang@example.com", "phone": "+1 212 555 7711"}


@pytest.fixture(scope="module")
def views(postgres: warehouse.Embedded, template: str, dbt_home: Path) -> Iterator[str]:
    """Two shops without an order, their views built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(dbt_home))
        with copy_of(postgres, template, DBT) as url:
            with warehouse.connect(url) as db:
                for channel, shop in SHOPS:
                    one = (channel, shop, shop, "own_shop", "USD", "America/New_York", "US", "USD")
                    db.execute("insert into raw.shops values (%s, %s, %s, %s, %s, %s, %s, %s)", one)
                ensure(db, [connectors()[channel] for channel, _ in SHOPS])
            names = [channel for channel, _ in SHOPS]
            dbt.run(url, ["build", "--select", *dbt.staging(names), "path:models/unified", "path:seeds", *WITHOUT_TESTS])
            yield url.rpartition("/")[2]


@pytest.fixture
def shop(postgres: warehouse.Embedded, views: str) -> Iterator[psycopg.Connection]:
    with copy_of(postgres, views) as url, warehouse.connect(url) as db:
        yield db


def at_shopify(
    db: psycopg.Connection, number: str, account: str | None = None, ship_to: dict[str, str] | None = None, **told: str
) -> None:
    """An order; `told` is who pays, `ship_to` who gets it."""
    home = ship_to or told
    put(
        db, "shopify_orders", shop="main", id=number, legacy_resource_id=number, name=number, created_at=AT, updated_at=AT,
        processed_at=AT + timedelta(minutes=len(number)), test=False, currency_code="USD", taxes_included=True, tags="[]",
        display_fulfillment_status="UNFULFILLED", return_status="NO_RETURN", total_price_set_shop_money_amount=1,
        customer_legacy_resource_id=account, email=told.get("email"), billing_address_name=told.get("name"),
        billing_address_phone=told.get("phone"), billing_address_country_code_v2="US",
        shipping_address_name=home.get("name"), shipping_address_phone=home.get("phone"), **landed(AT),
    )  # fmt: skip


def account_at_shopify(db: psycopg.Connection, number: str, **told: str) -> None:
    first, _, last = told["name"].partition(" ")
    put(
        db, "shopify_customers", shop="main", id=number, legacy_resource_id=number, created_at=AT, updated_at=AT,
        first_name=first, last_name=last, default_email_address_email_address=told.get("email"),
        default_phone_number_phone_number=told.get("phone"),
        default_address_country_code_v2="US", **landed(AT),
    )  # fmt: skip


def at_woocommerce(db: psycopg.Connection, number: str, account: str = "0", **told: str) -> None:
    first, _, last = told.get("name", "").partition(" ")
    put(
        db, "woocommerce_orders", shop="site", id=number, number=number, status="processing", currency="USD",
        date_created_gmt="2026-11-01T00:00:00", date_modified_gmt="2026-11-01T00:00:00", discount_total=0, discount_tax=0,
        shipping_total=0, shipping_tax=0, total=1, total_tax=0, prices_include_tax=False, customer_id=account,
        billing_first_name=first, billing_last_name=last, billing_email=told.get("email", ""),
        billing_phone=told.get("phone", ""), billing_country="US", **landed(AT),
    )  # fmt: skip


def persons(db: psycopg.Connection) -> dict[str, Any]:
    """Whose each order is, after identity."""
    identify(db, full=True)
    rows = db.execute(
        "select order_id, customer_key from unified.orders left join unified.customer_keys using (channel, shop, customer_id)"
    )
    return dict(rows.fetchall())


def buyer(db: psycopg.Connection, order: str) -> str | None:
    row = db.execute("select customer_id from unified.orders where order_id = %s", (order,)).fetchone()
    assert row
    return None if row[0] is None else str(row[0])


def test_a_guest_is_met_again_in_their_shop_and_in_another(shop: psycopg.Connection) -> None:
    at_shopify(shop, "1", **WEI)
    at_shopify(shop, "2", **WEI | {"email": "Wei.Zhang@Example.com "})
    at_woocommerce(shop, "3", **WEI)
    at_woocommerce(shop, "4", **WEI | {"email": "li@example.com", "name": "Li Na", "phone": "+1 212 555 9988"})
    found = persons(shop)
    assert buyer(shop, "1") == buyer(shop, "2") == buyer(shop, "3") != buyer(shop, "4")
    assert found["1"] == found["2"] == found["3"] != found["4"]


def test_a_guest_who_makes_an_account_later_is_the_same_person(shop: psycopg.Connection) -> None:
    at_shopify(shop, "1", **WEI)
    before = persons(shop)["1"]
    # by now with another number: two accounts with two numbers would be two
    account_at_shopify(shop, "77", **WEI | {"phone": "+1 646 555 1212"})
    at_shopify(shop, "2", account="77", **WEI)
    found = persons(shop)
    assert buyer(shop, "2") == "77"
    assert found["1"] == found["2"] == before


def test_who_is_given_a_present_is_not_who_gave_it(shop: psycopg.Connection) -> None:
    mother = {"name": "Ruth Miller", "email": "ruth@example.com", "phone": "+1 718 555 3434"}
    account_at_shopify(shop, "55", **mother)
    at_shopify(shop, "1", account="55", **mother)
    at_shopify(shop, "2", ship_to=mother, **WEI)
    found = persons(shop)
    assert found["2"]
    assert found["1"] != found["2"]


def test_a_forwarders_number_joins_nobody(shop: psycopg.Connection) -> None:
    names = "Ann Lee,Bo Chen,Cy Diaz,Dee Fox,Eli Gray,Fay Hall,Gus Ito,Hal Jay,Ida Kim,Joe Lund,Kay Moss,Lou Nash".split(",")  # noqa: SIM905
    for number, name in enumerate(names):
        (at_woocommerce if number % 2 else at_shopify)(shop, str(number), name=name, phone="+1 302 555 0188")
    found = persons(shop)
    assert None not in found.values()
    assert len(set(found.values())) == len(names)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"name": "Wei Zhang"},
        {"name": "Wei Zhang", "email": "w***@example.com", "phone": "138****8000"},
        {"name": "Wei Zhang", "email": "noreply@example.com", "phone": "00000000"},
    ],
)
def test_who_tells_no_contact_is_nobody(shop: psycopg.Connection, told: dict[str, str]) -> None:
    at_shopify(shop, "1", **told)
    at_woocommerce(shop, "2", **told)
    assert persons(shop) == {"1": None, "2": None}
    assert shop.execute("select count(*) from unified.customers").fetchone() == (0,)


def test_what_is_a_contact_here_is_one_to_linkage_as_well(db: psycopg.Connection) -> None:
    mails = (
        "a@b.co", " A@B.co ", "ａ@b.co", "a***@b.co", "a@b", "a b@c.com", "no-reply@b.co", "guest12@b.co", "guests@b.co",
        "x@y.invalid", "x@localhost", "", "n/a", "a@b.c.d", "@b.co", "a@@b.co",
    )  # fmt: skip
    frame = pl.DataFrame({"text": mails}).select("text", known=email(pl.col("text")).is_not_null())
    for text, known in frame.iter_rows():
        row = db.execute("select secrets.guest_id(%s, null, 'Ann') is not null", (text,)).fetchone()
        assert row == (known,), text
    numbers = (
        "+1 212 555 7711",
        "138 0013 8001",
        "138****8001",
        "0000000",
        "12345678",
        "12",
        "+86 (0)20 8888 1234",
        "",
        "13811111111",
    )
    known_numbers = phone(pl.Series(numbers), pl.Series(["US"] * len(numbers))).is_not_null()
    for text, known in zip(numbers, known_numbers, strict=True):
        row = db.execute("select secrets.guest_id(null, %s, 'Ann') is not null", (text,)).fetchone()
        assert row is not None
        # without a country more is possible
        assert row[0] >= known, text
        assert row[0] == known or not any(letter in text for letter in "*"), text


def test_an_id_tells_nothing_without_the_key(db: psycopg.Connection) -> None:
    ask = "select secrets.guest_id('ann@example.com', null, 'Ann')"
    (first,) = db.execute(ask).fetchone() or (None,)
    assert first
    assert first.startswith("guest:")
    assert "ann" not in first
    assert db.execute(ask).fetchone() == (first,)
    db.execute("update secrets.guest_key set secret_key = 'another'")
    db.commit()
    with psycopg.connect(db.info.dsn, password=db.info.password) as again:
        assert again.execute(ask).fetchone() != (first,)
    db.execute("create role curious")
    try:
        db.execute("set role curious")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(ask)
    finally:
        db.rollback()


def test_a_guest_is_found_by_their_id_without_reading_all_orders(shop: psycopg.Connection) -> None:
    for number in range(50):
        at_shopify(shop, str(number), name="Ann Lee", email=f"a{number}@example.com")
    shop.execute("analyze raw.shopify_orders")
    shop.execute("set local enable_seqscan = off")
    for view in ("customers", "orders"):
        where = "where channel = 'shopify' and shop = 'main' and customer_id = any(array['guest:1', 'guest:2'])"
        plan = "\n".join(line for (line,) in shop.execute(f"explain select * from unified.{view} {where}"))  # type: ignore[arg-type]
        assert "shopify_orders_buyer" in plan, plan
