"""Lands all orders of a JD shop that a sandbox plays, saying after each batch how far it is. For a test that kills it.

Run: python -m tests.channels.backfill SANDBOX DATABASE
"""

import sys

from sluice import warehouse
from sluice.channels.registry import connectors
from sluice.landing.land import land
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.sellers import sellers


def main(sandbox: str, database: str) -> None:
    connector = connectors()["jd"]
    connection = sellers()["jd"].connection(connector, sandbox, lambda: AS_OF)
    with warehouse.connect(database) as db:
        land(db, connector, connection, connector.stream("orders"), lambda landed: print(landed.delivered, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
