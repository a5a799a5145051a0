"""One seller in one marketplace: who may ask, and what all of the APIs show of."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import msgspec
import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from sluice.sandbox.amazon.asked import Fault
from sluice.sandbox.catalogue import Shop
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ShopView

SHOP = Shop("amazon", "main", "USD", "America/Los_Angeles", "own_shop", 0.3)
SECRETS = {
    "client_id": "amzn1.application-oa2-client.sandbox",
    "client_secret": "amzn1.oa2-cs.v1.sandbox",
    "refresh_token": "Atzr|sandbox-refresh",
    "seller_id": "A1SANDBOXSELLER",
}
CHANNEL = SHOP.channel
LAG = timedelta(minutes=2)
"""How late Amazon shows what happened."""
TOKEN_LIFE = timedelta(hours=1)


class Account:
    """Grants access tokens, and knows the shop as it stands now."""

    def __init__(self, state: SandboxState, rate: float) -> None:
        self.state, self.rate = state, rate
        self.granted: dict[str, datetime] = {}

    async def grant(self, request: Request) -> Response:
        """An access token for a refresh token, as Login with Amazon gives it."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        refusal = None
        if form.get("grant_type") != "refresh_token":
            refusal = (400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server")
        elif any(form.get(name) != SECRETS[name] for name in ("client_id", "client_secret")):
            refusal = (401, "invalid_client", "Client authentication failed")
        elif form.get("refresh_token") != SECRETS["refresh_token"] or self.state.faults.refused(CHANNEL):
            refusal = (400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
        if refusal:
            status, error, text = refusal
            return Response(
                msgspec.json.encode({"error": error, "error_description": text}), status, media_type="application/json"
            )
        token = f"Atza|sandbox-{len(self.granted)}"
        self.granted[token] = self.state.now
        answer = {"access_token": token, "refresh_token": form["refresh_token"], "token_type": "bearer", "expires_in": 3600}
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def admit(self, request: Request) -> None:
        token = request.headers.get("x-amz-access-token", "")
        if self.state.faults.refused(CHANNEL) or token not in self.granted:
            raise Fault(403, "Unauthorized", "Access to requested resource is denied.", "The access token is not valid.")
        if self.state.now >= self.granted[token] + TOKEN_LIFE:
            text = "The access token you provided has expired."
            raise Fault(403, "Unauthorized", "Access to requested resource is denied.", text)
        if self.state.faults.take(CHANNEL, "throttle"):
            raise Fault(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
        if self.state.faults.take(CHANNEL, "server_error"):
            raise Fault(503, "ServiceUnavailable", "Service is temporarily unavailable.")

    @property
    def view(self) -> ShopView:
        self.state.join(SHOP)
        return self.state.view(CHANNEL, SHOP.shop)

    @property
    def shown(self) -> pl.DataFrame:
        """Listings that there are by now."""
        self.state.join(SHOP)

        def build() -> pl.DataFrame:
            ours = self.state.world.listings.filter(channel=CHANNEL, shop=SHOP.shop)
            return ours.filter(pl.col("listed_at") <= self.state.now).sort("listed_at", "sku")

        return self.state.cached((CHANNEL, "listings"), build)
