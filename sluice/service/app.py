"""The data service: orders and stock over HTTP, for those who should not need SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sluice.service import errors, health, orders, reference, stock
from sluice.service.database import pool

DESCRIPTION = """Orders of all channels in one model, and stock with each shop's quota.

Every request but `/healthz` carries a key in the header `X-API-Key`. Money is a decimal in text (`"359.00"`) with its currency
beside it, times are UTC. Ids belong to their channel: an order is named by channel, shop and id. Errors are problem documents
(RFC 9457, `application/problem+json`).
"""


def create_app(url: str) -> FastAPI:
    """The service on the warehouse at `url`. Connects when it starts to serve, and starts without a database too."""

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        with app.state.pool:
            yield

    # The pages that FastAPI would serve at /docs load scripts from elsewhere; ours needs nothing.
    app = FastAPI(
        title="Sluice data service",
        version="1",
        description=DESCRIPTION,
        lifespan=connected,
        docs_url=None,
        redoc_url=None,
    )
    app.state.pool = pool(url)
    errors.install(app)
    for router in (orders.router, stock.router, health.router, reference.router):
        app.include_router(router)
    return app
