"""The two ends of prism.sh: our sandbox, and our connector reading and writing through one proxy a model."""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import requests

from sluice.channels.protocol import Quota
from sluice.sandbox.amazon import app
from sluice.sandbox.host import on_loopback
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.amazon.shop import LISTINGS, ORDERS, records, shop
from tests.sandbox.worlds import world

PATIENCE = 60


def serve() -> None:
    with on_loopback(app(SandboxState(world()))) as url:
        print(url, flush=True)
        time.sleep(600)


def awaited(url: str) -> None:
    """Returns once the proxy answers at all."""
    for _ in range(PATIENCE):
        try:
            requests.get(url, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(1)
    raise SystemExit(f"{url} does not answer")


def read(sandbox: str, orders: str, listings: str) -> None:
    for url in (orders, listings):
        awaited(url)

    here = shop(orders, now=lambda: AS_OF, login_url=sandbox)
    found = records(list(here.pages(ORDERS, None)))
    claims = list(here.claims(datetime(2025, 1, 1, tzinfo=UTC), AS_OF))
    shown = shop(listings, now=lambda: AS_OF, login_url=sandbox)
    skus = records(list(shown.pages(LISTINGS, None)), LISTINGS)
    quota = Quota("d", skus[0].sku, "p", skus[0].sku, "HOME", None, 7)
    answers = list(shown.publish([quota, replace(quota, listing_id="NO-SUCH")]))
    assert [answer.read_back for answer in answers] == [7, None]
    print(f"{len(found)} orders, {len(claims)} claims, {len(skus)} listings, a quantity: all fit Amazon's models")


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else read(*sys.argv[2:])
