"""A republisher as a process of its own, to be killed: `python -m tests.operations.republishing ADDRESS SHOP=HOST ...`."""

import sys

from sluice import warehouse
from sluice.channels.registry import connectors
from sluice.operations.loop import Loop
from sluice.operations.outbox import Outlet
from tests.operations.market import connection


def main(address: str, *hosts: str) -> None:
    shops = {
        Outlet("shopify", shop, by_facility=True): lambda shop=shop, host=host: connectors()["shopify"].open(
            connection("shopify", shop, host)
        )
        for shop, host in (given.split("=", 1) for given in hosts)
    }
    Loop(lambda: warehouse.connect(address), shops, told=lambda news: print(news, flush=True)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
