"""The connected shops, where SQL can read them."""

from psycopg import Connection

from sluice.config import Config


def write(db: Connection, config: Config) -> None:
    """Bring raw.shops up to date with the configuration. A shop that is no longer connected stays: its orders do too."""
    rows = [
        (
            shop.connector,
            shop.shop,
            shop.name or f"{shop.connector} {shop.shop}",
            shop.kind or shop.type.kind,
            shop.currency,
            shop.timezone,
            shop.country,
            config.base_currency,
        )
        for shop in config.channels
    ]
    with db.cursor() as cursor:
        cursor.executemany(
            """
            insert into raw.shops as s (channel, shop, name, kind, currency, timezone, country, base_currency)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (channel, shop) do update set
                name = excluded.name, kind = excluded.kind, currency = excluded.currency, timezone = excluded.timezone,
                country = excluded.country, base_currency = excluded.base_currency
            where (s.name, s.kind, s.currency, s.timezone, s.country, s.base_currency)
                is distinct from
                (excluded.name, excluded.kind, excluded.currency, excluded.timezone, excluded.country, excluded.base_currency)
            """,
            rows,
        )


def channels(db: Connection) -> set[str]:
    """Names of the connectors that a shop is or was connected through."""
    return {name for (name,) in db.execute("select distinct channel from raw.shops")}
