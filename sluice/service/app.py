"""The data service: orders, stock and metrics over HTTP, for those who should not need SQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from sluice.service import customers, errors, health, holds, metrics, orders, reference, stock, suppliers, webhooks
from sluice.service.database import pool, writing_pool
from sluice.service.hold_writer import HoldWriter
from sluice.service.intake import Hook, Intake

DESCRIPTION = """Orders of all channels in one model, stock with each shop's quota, and metrics by their one definition.

Every request but `/healthz` and webhooks carries a key in the header `X-API-Key`. Money is a decimal in text (`"359.00"`) with
its currency beside it, times are UTC. Ids belong to their channel: an order is named by channel, shop and id. Errors are problem
documents (RFC 9457, `application/problem+json`).
"""


def create_app(url: str, hooks: Sequence[Hook] = ()) -> FastAPI:
    """The service on the warehouse at `url`, taking the events of `hooks`.

    Connects when it starts to serve, and starts without a database too.
    """

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        intakes = app.state.intakes.values()
        for intake in intakes:
            intake.start()
        try:
            with app.state.pool, app.state.writing_pool, app.state.hold_writer:
                yield
        finally:
            for intake in intakes:
                await run_in_threadpool(intake.stop)

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
    app.state.writing_pool = writing_pool(url)
    app.state.hold_writer = HoldWriter(app.state.writing_pool)
    app.state.intakes = {(hook.connector.name, hook.shop): Intake(url, hook) for hook in hooks}
    errors.install(app)
    app.add_middleware(webhooks.Direct)
    routers = (orders, customers, stock, suppliers, metrics, holds, webhooks, health, reference)
    for router in (room.router for room in routers):
        app.include_router(router)
    return app
