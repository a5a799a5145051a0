"""Amazon's Selling Partner API on loopback: access tokens that end after an hour, page tokens that end after a day, data two
minutes old, and Amazon's refusals. Parameters that the models do not name are refused.

Searches have no order that Amazon promises; here orders come by their stamp. A search may be asked for at a much higher rate than
an account gets at first, and says so in its header.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.amazon import records
from sluice.sandbox.amazon.records import MARKETPLACE, PRODUCT_TYPE, Record
from sluice.sandbox.catalogue import Shop
from sluice.sandbox.state import SandboxState

SHOP = Shop("amazon", "main", "USD", "America/Los_Angeles", "own_shop", 0.3)
SECRETS = {
    "client_id": "amzn1.application-oa2-client.sandbox",
    "client_secret": "amzn1.oa2-cs.v1.sandbox",
    "refresh_token": "Atzr|sandbox-refresh",
    "seller_id": "A1SANDBOXSELLER",
}
CHANNEL = SHOP.channel
LAG = timedelta(minutes=2)
TOKEN_LIFE, PAGE_TOKEN_LIFE = timedelta(hours=1), timedelta(days=1)
REACH = 1000
RATE = 20.0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DATA_SETS = _words(
    "BUYER RECIPIENT PROCEEDS EXPENSE PROMOTION CANCELLATION FULFILLMENT PACKAGES TAX PAYMENT FULFILLMENT_ORDERS",
)
STATUSES = _words("PENDING_AVAILABILITY PENDING UNSHIPPED PARTIALLY_SHIPPED SHIPPED CANCELLED UNFULFILLABLE")
HERE = frozenset((MARKETPLACE,))
MAKERS = _words("MERCHANT AMAZON")
LISTED = _words("summaries attributes issues offers fulfillmentAvailability procurement relationships productTypes")
SEARCH = _words(
    "createdAfter createdBefore lastUpdatedAfter lastUpdatedBefore fulfillmentStatuses marketplaceIds fulfilledBy"
    " maxResultsPerPage paginationToken includedData"
)
FIND = _words("marketplaceIds issueLocale includedData createdAfter sortBy sortOrder pageSize pageToken")
"""Of the search for listings: those that the sandbox heeds."""
ONE = _words("marketplaceIds issueLocale includedData")

Query = Mapping[str, str]


class Fault(Exception):
    """An answer that is an error list."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status, self.errors = status, {"errors": [{"code": code, "message": message, "details": details}]}


def app(state: SandboxState, rate: float = RATE) -> Starlette:
    """The seller's account for `state`; mounted by the sandbox's host. `rate` is calls a second, as each answer says."""
    account = _Account(state, rate)
    routes = [
        Route("/auth/o2/token", account.grant, methods=["POST"]),
        Route("/orders/2026-01-01/orders", _answering(account, account.search), methods=["GET"]),
        Route("/orders/2026-01-01/orders/{order}", _answering(account, account.order), methods=["GET"]),
        Route("/orders/v0/orders/{order}/shipmentConfirmation", _answering(account, account.confirm), methods=["POST"]),
        Route("/listings/2021-08-01/items/{seller}", _answering(account, account.listings), methods=["GET"]),
        Route("/listings/2021-08-01/items/{seller}/{sku:path}", _answering(account, account.listing), methods=["GET"]),
        Route("/listings/2021-08-01/items/{seller}/{sku:path}", _answering(account, account.patch), methods=["PATCH"]),
    ]
    return Starlette(routes=routes)


def _answering(
    account: "_Account", handler: Callable[[Mapping[str, str], Query, Any], Record | None]
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


class _Account:
    """One seller in one marketplace."""

    def __init__(self, state: SandboxState, rate: float) -> None:
        self.state, self.rate = state, rate
        self.granted: dict[str, datetime] = {}
        self.parcels: dict[str, tuple[datetime, Record]] = {}

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
    def stamped(self) -> pl.DataFrame:
        """Orders with the time of their last update: refunds leave it alone, since orders do not tell of them."""
        self.state.join(SHOP)
        view = self.state.view(CHANNEL, SHOP.shop)

        def build() -> pl.DataFrame:
            moments = ("created_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at")
            told = {number: at for number, (at, _) in self.parcels.items()}
            later = pl.col("order_id").replace_strict(told, default=None, return_dtype=pl.Datetime("us", "UTC"))
            return view.orders.with_columns(stamp=pl.max_horizontal(*moments, later).dt.truncate("1s"))

        return self.state.cached((CHANNEL, "stamped", len(self.parcels)), build)

    @property
    def shown(self) -> pl.DataFrame:
        """Listings that there are by now."""
        self.state.join(SHOP)

        def build() -> pl.DataFrame:
            ours = self.state.world.listings.filter(channel=CHANNEL, shop=SHOP.shop)
            return ours.filter(pl.col("listed_at") <= self.state.now).sort("listed_at", "sku")

        return self.state.cached((CHANNEL, "listings"), build)

    def search(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        _known(query, SEARCH)
        kinds = [name for name in ("created", "lastUpdated") if f"{name}After" in query]
        if len(kinds) != 1 or (f"{'lastUpdated' if kinds == ['created'] else 'created'}Before" in query):
            raise _invalid("exactly one of createdAfter and lastUpdatedAfter, and no bound of the other kind")
        (kind,) = kinds
        after, latest = _moment(query[f"{kind}After"]), self.state.now - LAG
        before = _moment(query[f"{kind}Before"]) if f"{kind}Before" in query else None
        if before and (before < after or before > max(self.state.now, datetime.now(UTC)) - LAG):
            raise _invalid(f"{kind}Before must not be before {kind}After, nor less than two minutes ago")
        _some(query, "marketplaceIds", HERE, required=False)
        statuses = _some(query, "fulfillmentStatuses", STATUSES, required=False)
        makers = _some(query, "fulfilledBy", MAKERS, required=False)
        wanted = _some(query, "includedData", DATA_SETS, required=False)
        size = _number(query, "maxResultsPerPage", 100, 1, 100)
        until = min(before or latest, latest)
        column = "created_at" if kind == "created" else "stamp"
        found = self.stamped.filter(pl.col(column).is_between(after, until)).sort(column, "order_id")
        pinned = {name: value for name, value in query.items() if name != "paginationToken"}
        if "paginationToken" in query:
            kept = self._page_token(query["paginationToken"], pinned)
            until = datetime.fromisoformat(kept["until"])
            at = datetime.fromisoformat(kept["at"])
            found = found.filter((pl.col(column) <= until) & ((pl.col(column) > at) | (pl.col("order_id") > kept["order"])))
            found = found.filter(pl.col(column) >= at)
        shown = [one for one in self._rendered(found.head(size), wanted) if _passes(one, statuses, makers)]
        answer: Record = {"orders": self._spoiled(shown) if kind == "lastUpdated" else shown, f"{kind}Before": records.iso(until)}
        if len(found) > size:
            last = found.row(size - 1, named=True)
            kept = {"at": last[column].isoformat(), "order": last["order_id"], "until": until.isoformat()}
            answer["pagination"] = {"nextToken": self._new_page_token(kept, pinned)}
        return answer

    def order(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        _known(query, frozenset(("includedData",)))
        wanted = _some(query, "includedData", DATA_SETS, required=False)
        (found,) = self._rendered(self._one(places["order"]), wanted)
        return {"order": found}

    def confirm(self, places: Mapping[str, str], query: Query, body: Any) -> None:
        found = self._one(places["order"])
        (document,) = self.state.view(CHANNEL, SHOP.shop).documents(found.drop("stamp"))
        detail = body.get("packageDetail") or {}
        missing = [
            name
            for name in ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")
            if not detail.get(name)
        ]
        if missing or body.get("marketplaceId") != MARKETPLACE:
            raise _invalid(f"missing or wrong: {', '.join(missing) or 'marketplaceId'}")
        if not detail["packageReferenceId"].isdigit() or (detail["carrierCode"] == "Other" and not detail.get("carrierName")):
            raise _invalid("packageReferenceId must be a positive number, and carrierCode Other needs a carrierName")
        _moment(detail["shipDate"])
        left = {line["line_id"]: line["quantity"] for line in document["lines"]}
        if records.status(document) != "UNSHIPPED" or document["order_id"] in self.parcels:
            raise _invalid("the order has no items to ship")
        if any(not 0 < piece["quantity"] <= left.get(piece["orderItemId"], 0) for piece in detail["orderItems"]):
            raise _invalid("an order item is not of this order, or its quantity is more than is left")
        self.parcels[document["order_id"]] = (self.state.now, detail)

    def listings(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        self._own(places)
        _known(query, FIND)
        _some(query, "marketplaceIds", HERE)
        wanted = _some(query, "includedData", LISTED, required=False) or {"summaries"}
        if query.get("sortBy", "lastUpdatedDate") not in ("sku", "createdDate", "lastUpdatedDate"):
            raise _invalid("sortBy")
        size = _number(query, "pageSize", 10, 1, 20)
        found = self.shown
        if "createdAfter" in query:
            found = found.filter(pl.col("listed_at").dt.truncate("1s") >= _moment(query["createdAfter"]))
        pinned = {name: value for name, value in query.items() if name != "pageToken"}
        start = self._page_token(query["pageToken"], pinned)["start"] if "pageToken" in query else 0
        ordered = found.sort("sku") if query.get("sortBy") == "sku" else found
        ordered = ordered if query.get("sortOrder", "ASC") == "ASC" else ordered.reverse()
        items = [self._listing(one, wanted) for one in ordered.slice(start, size).to_dicts()]
        answer: Record = {"numberOfResults": len(found), "items": items}
        if start + size < min(len(found), REACH):
            answer["pagination"] = {"nextToken": self._new_page_token({"start": start + size}, pinned)}
        return answer

    def listing(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        _known(query, ONE)
        _some(query, "marketplaceIds", HERE)
        return self._listing(self._sku(places), _some(query, "includedData", LISTED, required=False) or {"summaries"})

    def patch(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        _known(query, ONE | {"mode"})
        _some(query, "marketplaceIds", HERE)
        one = self._sku(places)
        if not body or not body.get("patches") or "productType" not in body:
            raise _invalid("productType and at least one patch")
        answer: Record = {
            "sku": one["sku"],
            "submissionId": f"sandbox-{len(self.state.published)}",
            "status": "ACCEPTED",
            "issues": [],
        }
        problem = None if body["productType"] == PRODUCT_TYPE else "The product type is not the listing's."
        for patch in body["patches"]:
            (value, *more) = patch.get("value") or [{}]
            quantity = value.get("quantity")
            fits = isinstance(quantity, int) and quantity >= 0 and value.get("fulfillment_channel_code") == "DEFAULT"
            if patch.get("op") != "replace" or patch.get("path") != "/attributes/fulfillment_availability" or more or not fits:
                problem = "'fulfillment_availability' is not valid."
            elif not problem and query.get("mode") != "VALIDATION_PREVIEW":
                self.state.published[CHANNEL, SHOP.shop, one["sku"], None] = quantity
        if problem:
            issue = {"code": "90220", "message": problem, "severity": "ERROR", "categories": ["INVALID_ATTRIBUTE"]}
            answer |= {"status": "INVALID", "issues": [issue]}
        return answer

    def _own(self, places: Mapping[str, str]) -> None:
        if places["seller"] != SECRETS["seller_id"]:
            raise Fault(403, "Unauthorized", "Access to requested resource is denied.", "This is not the seller's id.")

    def _sku(self, places: Mapping[str, str]) -> Record:
        self._own(places)
        found = self.shown.filter(sku=places["sku"]).to_dicts()
        if not found:
            raise Fault(404, "NOT_FOUND", f"SKU '{places['sku']}' not found in marketplace {MARKETPLACE}")
        return found[0]

    def _listing(self, one: Mapping[str, Any], wanted: set[str]) -> Record:
        return records.listing(one, self.state.published.get((CHANNEL, SHOP.shop, one["sku"], None), 0), wanted)

    def _one(self, order: str) -> pl.DataFrame:
        found = self.stamped.filter(order_id=records.number_of(order) or "")
        if found.is_empty():
            raise Fault(404, "NotFound", "The requested resource doesn't exist.")
        return found

    def _rendered(self, orders: pl.DataFrame, wanted: set[str]) -> list[Record]:
        titles = dict(zip(self.shown["sku"], self.shown["title"], strict=True))
        documents = self.state.view(CHANNEL, SHOP.shop).documents(orders.drop("stamp"))
        told = {number: parcel for number, (_, parcel) in self.parcels.items()}
        stamps = [moment.replace(tzinfo=UTC) for moment in orders["stamp"].dt.replace_time_zone(None)]
        return [
            records.order(one, stamp, titles, wanted, told.get(one["order_id"]))
            for one, stamp in zip(documents, stamps, strict=True)
        ]

    def _spoiled(self, shown: list[Record]) -> list[Record]:
        """As many as are planned with words for an amount."""
        for one in shown[: self.state.faults.take_all(CHANNEL, "malformed") if shown else 0]:
            one["proceeds"] = {"grandTotal": {"amount": "to be agreed", "currencyCode": "USD"}}
        return shown

    def _new_page_token(self, kept: Record, pinned: Query) -> str:
        whole = kept | {"issued": self.state.now.isoformat(), "asked": dict(pinned)}
        return base64.urlsafe_b64encode(msgspec.json.encode(whole)).decode()

    def _page_token(self, token: str, asked: Query) -> Record:
        try:
            kept: Record = msgspec.json.decode(base64.urlsafe_b64decode(token))
        except (binascii.Error, msgspec.DecodeError, ValueError):
            raise _invalid("the page token is not one of ours") from None
        if kept["asked"] != asked or self.state.now > datetime.fromisoformat(kept["issued"]) + PAGE_TOKEN_LIFE:
            raise _invalid("the page token has ended, or belongs to other parameters")
        return kept


def _passes(one: Record, statuses: set[str], makers: set[str]) -> bool:
    kept = one.get("fulfillment", {})
    return (not statuses or kept.get("fulfillmentStatus") in statuses) and (not makers or kept.get("fulfilledBy") in makers)


def _known(query: Query, names: frozenset[str]) -> None:
    unknown = sorted(set(query) - names)
    if unknown:
        raise _invalid(f"unknown parameter {unknown[0]}")


def _some(query: Query, name: str, allowed: frozenset[str], required: bool = True) -> set[str]:
    """The values of a list, separated by commas."""
    given = set(query[name].split(",")) if query.get(name) else set()
    if given - allowed or (required and not given):
        raise _invalid(f"{name}: {', '.join(sorted(given - allowed)) or 'is required'}")
    return given


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(f"{text} is no ISO 8601 date") from None
    if found.tzinfo is None:
        raise _invalid(f"{text} has no zone")
    return found


def _number(query: Query, name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise _invalid(f"{name}: from {low} to {high}")
    return int(text)


def _invalid(details: str) -> Fault:
    return Fault(400, "InvalidInput", "Invalid Input", details)
