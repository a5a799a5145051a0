"""Strict holds: a checkout's pieces, promised before its order is accepted, or refused."""

import asyncio
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from sluice.service.auth import Holding
from sluice.service.database import Database, Writing
from sluice.service.errors import Problem, problem, responses
from sluice.service.hold_writer import HoldWriter, Taken
from sluice.service.models import ConfirmRequest, Hold, HoldId, HoldRequest, ReviewRequest, Short

router = APIRouter(prefix="/holds", tags=["holds"])
Id = Annotated[HoldId, Path(examples=["cart-8f14e45f"])]
ANSWER_SECONDS = 10
KEEPS_PIECES = ("held", "confirmed")


class Refused(Problem):
    """Nothing is held. `short` names the SKUs of which too little is available."""

    short: list[Short] = Field(default=[], description="One entry a SKU; a bundle shows as its components.")


REFUSED: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "Less is available than asked for, or the id is in use by another shop.",
        "model": Refused,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refused"}}},
    },
    200: {"description": "The hold that this id made before.", "model": Hold},
}


@router.post("", status_code=201, response_model=Hold, responses=responses(401, 403, 422, 503) | REFUSED)
async def hold(request: Request, caller: Holding, asked: HoldRequest) -> Response:
    """Hold all of these lines, or none.

    Not more is given than is available to this shop at that moment, whoever else asks. 201: held. 200: this `hold_id` was there
    before, and here it is, which may have ended since: its `state` says so. 409: refused, with what is short; the id may be used
    again. After a 503 or a lost connection ask again with the same `hold_id`: pieces are never held twice.
    """
    writer: HoldWriter = request.app.state.hold_writer
    try:
        taken = await asyncio.wait_for(asyncio.wrap_future(writer.ask(_as_asked(asked))), ANSWER_SECONDS)
    except psycopg.errors.InvalidParameterValue as fault:
        raise HTTPException(422, fault.diag.message_primary or "") from fault
    except TimeoutError as fault:
        raise HTTPException(
            503, "the warehouse is busy; ask again with the same hold_id", headers={"Retry-After": "1"}
        ) from fault
    return _answer(asked, taken)


@router.get("/{hold_id}", responses=responses(401, 403, 404, 422, 503))
def read_hold(db: Database, caller: Holding, hold_id: Id) -> Hold:
    """A hold as it is now."""
    return _found(db.execute("select ops.hold_of(%s) as h", (hold_id,)).fetchone(), hold_id)


@router.post("/{hold_id}/confirm", responses=responses(401, 403, 404, 409, 422, 503))
def confirm_hold(db: Writing, caller: Holding, hold_id: Id, body: ConfirmRequest) -> Hold:
    """The checkout became this order: from now on the hold does not expire, and gives way to its order when that is landed.

    409: the hold has ended, so its pieces are not promised any more; or it became another order.
    """
    found = _found(db.execute("select ops.confirm_hold(%s, %s) as h", (hold_id, body.order_id)).fetchone(), hold_id)
    if found.state not in ("confirmed", "consumed"):
        raise HTTPException(409, f"{hold_id} is {found.state}: its pieces are not promised any more")
    if found.order_id != body.order_id:
        raise HTTPException(409, f"{hold_id} became the order {found.order_id} before")
    return found


@router.post("/{hold_id}/review", responses=responses(401, 403, 404, 409, 422, 503))
def review_hold(db: Writing, caller: Holding, hold_id: Id, body: ReviewRequest) -> Hold:
    """A fraud check or a payment is awaited, or is over. On review a hold does not expire; after it the hold has its time again.

    409: the hold has ended.
    """
    found = _found(db.execute("select ops.review_hold(%s, %s) as h", (hold_id, body.on_review)).fetchone(), hold_id)
    if found.state not in KEEPS_PIECES:
        raise HTTPException(409, f"{hold_id} is {found.state}: its pieces are not promised any more")
    return found


@router.delete("/{hold_id}", responses=responses(401, 403, 404, 409, 422, 503))
def release_hold(db: Writing, caller: Holding, hold_id: Id) -> Hold:
    """The checkout was left: its pieces are free. Again is the same. 409: its order is here and holds them now."""
    found = _found(db.execute("select ops.release_hold(%s) as h", (hold_id,)).fetchone(), hold_id)
    if found.state == "consumed":
        raise HTTPException(409, f"{hold_id} became the order {found.order_id}, which holds its pieces: cancel that")
    return found


def _as_asked(asked: HoldRequest) -> dict[str, Any]:
    """As ops.hold_many takes it."""
    return asked.model_dump(exclude={"for_minutes"}) | {
        "for_seconds": None if asked.for_minutes is None else asked.for_minutes * 60
    }


def _answer(asked: HoldRequest, taken: Taken) -> Response:
    if taken.hold["state"] == "refused":
        short = [Short.model_validate(one) for one in taken.hold["short"]]
        told = ", ".join(f"{one.available} of {one.wanted} {one.sku}" for one in short)
        return problem(409, f"not enough is available: {told}", extra={"short": [one.model_dump() for one in short]})
    found = Hold.model_validate(taken.hold)
    if (found.channel, found.shop) != (asked.channel, asked.shop):
        return problem(409, f"the hold_id {asked.hold_id} is in use by another shop; choose another")
    return JSONResponse(found.model_dump(mode="json"), 201 if taken.is_new else 200)


def _found(row: dict[str, Any] | None, hold_id: str) -> Hold:
    if row is None or row["h"] is None:
        raise HTTPException(404, f"there is no hold {hold_id}")
    return Hold.model_validate(row["h"])
