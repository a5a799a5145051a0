"""An Odoo of a few rows on loopback, for what the sandbox's world does not hold: crowded seconds, late commits, faults."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sluice.channels.odoo.connector import CONNECTOR, Options
from sluice.channels.protocol import Connection
from sluice.sandbox.host import on_loopback
from sluice.sandbox.odoo.search import search, shown
from sluice.sandbox.odoo.server import SECRETS

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MUCH_LATER = datetime(2027, 1, 1, tzinfo=UTC)


def connection(
    url: str, page_size: int = 1000, now: datetime = MUCH_LATER, options: dict[str, Any] | None = None, **secrets: str
) -> Connection:
    return Connection(
        shop="erp",
        url=url,
        secrets=SECRETS | secrets,
        currency="CNY",
        timezone="Asia/Shanghai",
        since=NOON,
        options=Options(page_size=page_size, **(options or {})),
        now=lambda: now,
    )


@dataclass
class SmallOdoo:
    """Templates stamped `seconds` after noon; `faults` are answered first, one a call. `hidden` fields are not shown."""

    stamps: dict[int, float] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    hidden: tuple[str, ...] = ()
    named: list[dict[str, Any]] = field(default_factory=list)

    def records(self) -> pl.DataFrame:
        written = [NOON + timedelta(seconds=seconds) for seconds in self.stamps.values()]
        return pl.DataFrame({"id": list(self.stamps), "write_date": written}).cast(
            {"id": pl.Int64, "write_date": pl.Datetime("us", "UTC")}
        ).with_columns(
            pl.format("Template {}", "id").alias("name"), pl.lit(9.9).alias("list_price"), pl.lit(True).alias("active"),
            pl.lit(7).alias("currency_id"), pl.lit("CNY").alias("currency_id.name"), pl.lit(None, pl.Int64).alias("categ_id"),
        )  # fmt: skip

    async def answer(self, request: Request) -> JSONResponse:
        call = (await request.json())["params"]
        self.calls.append(call["method"] if call["service"] == "common" else call["args"][4])
        if call["method"] == "authenticate":
            return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": 6})
        if self.faults:
            data = self.faults.pop(0)
            return JSONResponse({"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error", "data": data}})
        model, method, _, named = call["args"][3:]
        self.named.append(named)
        records = self.records().drop(self.hidden, strict=False)
        if method == "fields_get":
            return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": {name: {"type": "char"} for name in records.columns}})
        found = search(records, model, named["domain"], named["order"])[: named["limit"] or None]
        return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": shown(found, model, named["fields"])})

    @contextmanager
    def serving(self) -> Iterator[str]:
        with on_loopback(Starlette(routes=[Route("/jsonrpc", self.answer, methods=["POST"])])) as address:
            yield address


TEMPLATES = CONNECTOR.stream("templates")
