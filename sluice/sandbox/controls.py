"""What the sandbox lets a test or a demo do from outside: look at the truth, move the clock, order faults."""

import dataclasses
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sluice.sandbox.faults import UnknownFault
from sluice.sandbox.seasons import END
from sluice.sandbox.state import ClockError, SandboxState


def routes(state: SandboxState, channels: list[str]) -> Starlette:
    """Mounted at /_sandbox; `channels` are those that can be spoiled."""

    def planned() -> JSONResponse:
        return JSONResponse({channel: state.faults.left(channel) for channel in channels})

    async def clock(request: Request) -> JSONResponse:
        return _clock(state)

    async def set_clock(request: Request) -> JSONResponse:
        wanted, before = await _body(request), state.now
        try:
            if "now" in wanted:
                state.set_clock(datetime.fromisoformat(wanted["now"]))
            else:
                state.advance(float(wanted["advance_days"]))
        except KeyError as fault:
            raise HTTPException(400, 'say {"advance_days": 1} or {"now": "2026-11-05T00:00:00Z"}') from fault
        except (ClockError, TypeError, ValueError, OverflowError) as fault:
            raise HTTPException(400, str(fault)) from fault
        for told in state.watching:
            await told(before)
        return _clock(state)

    async def faults(request: Request) -> JSONResponse:
        return planned()

    async def set_faults(request: Request) -> JSONResponse:
        wanted = await _body(request)
        channel = wanted.pop("channel", None)
        if channel not in channels:
            wrong = "channel is missing" if channel is None else f"{channel!r} is no channel of the sandbox"
            raise HTTPException(400, f"{wrong}; there are {', '.join(channels)}")
        try:
            state.faults.plan(channel, **wanted)
        except UnknownFault as fault:
            raise HTTPException(400, str(fault)) from fault
        return planned()

    async def truth(request: Request) -> JSONResponse:
        found = [state.world.truth(channel, shop, state.now) for channel, shop in state.world.shops]
        return JSONResponse([{**dataclasses.asdict(one), "total": str(Decimal(one.total_minor).scaleb(-2))} for one in found])

    async def published(request: Request) -> JSONResponse:
        names = ("channel", "shop", "listing_id", "facility_id")
        return JSONResponse(
            [dict(zip(names, key, strict=True)) | {"quantity": quantity} for key, quantity in state.published.items()]
        )

    return Starlette(
        routes=[
            Route("/clock", clock, methods=["GET"]),
            Route("/clock", set_clock, methods=["POST"]),
            Route("/faults", faults, methods=["GET"]),
            Route("/faults", set_faults, methods=["POST"]),
            Route("/truth", truth, methods=["GET"]),
            Route("/published", published, methods=["GET"]),
        ]
    )


def _clock(state: SandboxState) -> JSONResponse:
    return JSONResponse({"now": state.now.isoformat(), "end": END.isoformat()})


async def _body(request: Request) -> dict[str, Any]:
    try:
        wanted = await request.json()
    except ValueError as fault:
        raise HTTPException(400, f"the body is no JSON: {fault}") from fault
    if not isinstance(wanted, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return wanted
