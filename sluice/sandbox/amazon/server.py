"""Amazon's Selling Partner API on loopback: access tokens that end after an hour, page tokens that end after a day, data two
minutes old, and Amazon's refusals. Parameters that the models do not name are refused.

A search may be asked for at a much higher rate than an account gets at first, and says so in its header.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.amazon.account import Account
from sluice.sandbox.amazon.asked import Fault, Query
from sluice.sandbox.amazon.finances import Finances
from sluice.sandbox.amazon.inventory import Inventory
from sluice.sandbox.amazon.listings import Listings
from sluice.sandbox.amazon.orders import Orders
from sluice.sandbox.amazon.records import Record
from sluice.sandbox.state import SandboxState

RATE = 20.0


def app(state: SandboxState, rate: float = RATE) -> Starlette:
    """The seller's account for `state`; mounted by the sandbox's host. `rate` is calls a second, as each answer says."""
    account = Account(state, rate)
    orders, listings, finances = Orders(account), Listings(account), Finances(account)
    routes = [
        Route("/auth/o2/token", account.grant, methods=["POST"]),
        Route("/orders/2026-01-01/orders", _answering(account, orders.search), methods=["GET"]),
        Route("/orders/2026-01-01/orders/{order}", _answering(account, orders.order), methods=["GET"]),
        Route("/orders/v0/orders/{order}/shipmentConfirmation", _answering(account, orders.confirm), methods=["POST"]),
        Route("/finances/2024-06-19/transactions", _answering(account, finances.search), methods=["GET"]),
        Route("/fba/inventory/v1/summaries", _answering(account, Inventory(account).summaries), methods=["GET"]),
        Route("/listings/2021-08-01/items/{seller}", _answering(account, listings.search), methods=["GET"]),
        Route("/listings/2021-08-01/items/{seller}/{sku:path}", _answering(account, listings.one), methods=["GET"]),
        Route("/listings/2021-08-01/items/{seller}/{sku:path}", _answering(account, listings.patch), methods=["PATCH"]),
    ]
    return Starlette(routes=routes)


def _answering(
    account: Account, handler: Callable[[Mapping[str, str], Query, Any], Record | None]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = {"x-amzn-RequestId": "sandbox", "x-amzn-RateLimit-Limit": str(account.rate)}
        try:
            account.admit(request)
            body = await request.body()
            query = dict(parse_qsl(request.url.query, keep_blank_values=True))
            found = handler(request.path_params, query, msgspec.json.decode(body) if body else None)
        except Fault as fault:
            return Response(msgspec.json.encode(fault.errors), fault.status, headers, "application/json")
        except msgspec.DecodeError:
            errors = {"errors": [{"code": "InvalidInput", "message": "the body is no JSON"}]}
            return Response(msgspec.json.encode(errors), 400, headers, "application/json")
        if found is None:
            return Response(status_code=204, headers=headers)
        return Response(msgspec.json.encode(found), 200, headers, "application/json")

    return answer
