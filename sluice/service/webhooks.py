"""Where channels tell of a change at once. The signature is the key; 200 is said only when the event is durable and landed."""

import re
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sluice.landing.received import received
from sluice.service.errors import of_http, responses
from sluice.service.intake import Intake, Unavailable

router = APIRouter(tags=["webhooks"])

MOST_BYTES = 8 * 1024 * 1024
"""A body. Shopify's largest orders, of 500 lines, have some 2 MB."""
PATH = re.compile("/webhooks/([^/]+)/([^/]+)")


class Direct:
    """Webhooks past the search for a route and its parameters, which takes longer than all else done here for an event."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        where = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if where is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await take_event(request, where[1], where[2])
        except HTTPException as fault:
            response = await of_http(request, fault)
        await response(scope, receive, send)


@router.post("/webhooks/{channel}/{shop}", responses=responses(401, 404, 413, 503))
async def take_event(request: Request, channel: str, shop: str) -> Response:
    """A notification of the channel, as it sends it, signed by it. Needs no key.

    200 means that it is kept, and that the order it tells of, with what it holds of the stock, can be read. The same event again
    is answered so too and changes nothing. What breaks its contract is kept in quarantine. On 503 the sender shall come again.
    """
    intake = _intake(request, channel, shop)
    hook, headers = intake.hook, dict(request.headers)
    body = await _body(request, headers.get("content-length", ""))
    webhook = hook.connector.webhook
    assert webhook is not None
    if not webhook.verify(hook.secrets, headers, body):
        raise HTTPException(401, "the signature does not fit the body")
    try:
        await intake.take(received(hook.connector, headers, body, datetime.now(UTC)))
    except Unavailable as fault:
        raise HTTPException(503, f"{fault}; send it again", headers={"Retry-After": "5"}) from fault
    return Response(webhook.taken, media_type="application/json")


@router.get("/webhooks/{channel}/{shop}", responses=responses(404))
def answer_challenge(request: Request, channel: str, shop: str) -> Response:
    """What a platform asks an address before it sends notifications there (eBay: `challenge_code`). Needs no key."""
    hook = _intake(request, channel, shop).hook
    asked = hook.connector.webhook and hook.connector.webhook.challenge
    answer = asked(hook.secrets, request.query_params) if asked else None
    if answer is None:
        raise HTTPException(404, f"{channel}/{shop} was asked nothing that it could answer")
    return Response(answer, media_type="application/json")


def _intake(request: Request, channel: str, shop: str) -> Intake:
    found: Intake | None = request.app.state.intakes.get((channel, shop))
    if found is None:
        raise HTTPException(404, f"{channel}/{shop} takes no webhooks here")
    return found


async def _body(request: Request, stated: str) -> bytes:
    """The raw bytes. A sender that says or sends too much is stopped before the rest is read."""
    parts, size = [], 0
    if stated.isdigit() and int(stated) > MOST_BYTES:
        raise HTTPException(413, f"the body has more than {MOST_BYTES} bytes")
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise HTTPException(413, f"the body has more than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)
