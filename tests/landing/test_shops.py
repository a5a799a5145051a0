"""raw.shops says what the configuration says, and forgets no shop that has rows."""

import psycopg

from sluice.config import Config
from sluice.landing import shops


def config(**shops_in: str) -> Config:
    """Shops of one channel by currency."""
    entries = [
        {"connector": "shopify", "shop": shop, "currency": currency, "secrets": {"token": "TOKEN"}, "country": "US"}
        for shop, currency in shops_in.items()
    ]
    return Config.model_validate({"company": "Example", "base_currency": "EUR", "channels": entries})


def test_it_follows_the_configuration_and_removes_none(db: psycopg.Connection) -> None:
    shops.write(db, config(main="USD", other="GBP"))
    shops.write(db, config(main="CAD"))
    found = db.execute("select channel, shop, name, kind, currency, timezone, country, base_currency from raw.shops order by 2")
    assert found.fetchall() == [
        ("shopify", "main", "shopify main", "own_shop", "CAD", "UTC", "US", "EUR"),
        ("shopify", "other", "shopify other", "own_shop", "GBP", "UTC", "US", "EUR"),
    ]


def test_again_writes_nothing(db: psycopg.Connection) -> None:
    shops.write(db, config(main="USD"))
    before = db.execute("select xmin, * from raw.shops").fetchall()
    shops.write(db, config(main="USD"))
    assert db.execute("select xmin, * from raw.shops").fetchall() == before
