"""Every error is a problem document (RFC 9457): what is wrong, in words a caller can act on, and nothing of our insides."""

import logging
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout, TooManyRequests
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)


class Problem(BaseModel):
    """RFC 9457, Problem Details for HTTP APIs."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["taobao/flagship has no order 1234"])
    errors: list[dict[str, str]] = Field(default=[], description="One entry a parameter that is wrong.")


def problem(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, headers: Any = None, extra: dict[str, Any] | None = None
) -> JSONResponse:
    """`extra` are members of this problem's own, beside those that every problem has."""
    document = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or [])
    content = document.model_dump(exclude={"errors"} if not errors else None)
    return JSONResponse(content | (extra or {}), status, headers=headers, media_type="application/problem+json")


def responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI shall say of errors."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {code: {"description": HTTPStatus(code).phrase, "model": Problem, "content": content} for code in codes}


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(psycopg.Error, _database)
    app.add_exception_handler(Exception, _unexpected)


async def of_http(request: Request, fault: Exception) -> JSONResponse:
    """What an HTTPException says, as a problem."""
    assert isinstance(fault, HTTPException)
    return problem(fault.status_code, str(fault.detail), headers=fault.headers)


async def _invalid(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, RequestValidationError)
    errors = [{"parameter": ".".join(str(part) for part in one["loc"][1:]), "message": one["msg"]} for one in fault.errors()]
    return problem(422, "; ".join(f"{one['parameter']}: {one['message']}" for one in errors), errors)


async def _database(request: Request, fault: Exception) -> JSONResponse:
    if isinstance(fault, psycopg.errors.QueryCanceled):
        return problem(503, "this takes too long; narrow it with filters or a smaller limit", headers={"Retry-After": "10"})
    if isinstance(fault, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return problem(503, "the warehouse has not been built yet", headers={"Retry-After": "60"})
    if isinstance(fault, psycopg.OperationalError | PoolTimeout | TooManyRequests):
        return problem(503, "the warehouse does not answer", headers={"Retry-After": "5"})
    return await _unexpected(request, fault)


async def _unexpected(request: Request, fault: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=fault)
    return problem(500, "something is wrong on our side; it is in the service's log")
