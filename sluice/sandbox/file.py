"""The store in Hangzhou: its till exports what changed, with Chinese headers, into a folder.

The first drop is history, a file a month: the oldest a spreadsheet, the next GBK with ids as ="..." (as such tills do), the
rest UTF-8. Every later drop is one file with what changed since. A file's name ends in the time up to which it tells, by the
store's clock.
"""

import asyncio
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sluice.sandbox.seasons import START
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

SECRETS: dict[str, str] = {}
CHANNEL, SHOP = "file", "hangzhou"
ZONE = ZoneInfo("Asia/Shanghai")
PREFIX, STAMP = "门店订单_", "%Y%m%dT%H%M%S"
KINDS = (".csv", ".xlsx")
TIME = "%Y-%m-%d %H:%M:%S"

HEADERS = {
    "order_id": "小票号",
    "ordered_at": "下单时间",
    "paid_at": "付款时间",
    "status": "状态",
    "customer_id": "会员号",
    "name": "会员姓名",
    "phone": "手机",
    "facility_id": "门店",
    "line_id": "行号",
    "sku": "货号",
    "title": "品名",
    "quantity": "数量",
    "unit_price": "单价",
    "discount_amount": "优惠",
    "refunded_quantity": "退货数量",
    "total_amount": "订单金额",
    "refunded_amount": "退款金额",
    "updated_at": "更新时间",
}
"""Our name to the till's header; `sluice.yaml` maps them back."""


def app(state: SandboxState) -> Starlette:
    """POST /drop {"folder": ...} lets the till export now; the answer lists the files it wrote."""

    async def drop(request: Request) -> JSONResponse:
        folder = Path((await request.json())["folder"])
        written = await asyncio.to_thread(write_drop, state.world, state.now, folder)
        return JSONResponse([path.name for path in written])

    return Starlette(routes=[Route("/drop", drop, methods=["POST"])])


def write_drop(world: World, now: datetime, folder: Path) -> list[Path]:
    """Write what changed since the newest file in `folder`, up to `now`. Returns the new files; none when nothing changed."""
    folder.mkdir(parents=True, exist_ok=True)
    last = max(map(_until, (path for path in folder.glob(f"{PREFIX}*") if path.suffix in KINDS)), default=None)
    changed = _rows(world, now)
    written: list[Path] = []
    for since, until in _periods(last, now):
        part = changed.filter(pl.col("updated_at") > since, pl.col("updated_at") <= until)
        if part.is_empty():
            continue
        kind = "utf-8-sig" if last else {0: "xlsx", 1: "gb18030"}.get(len(written), "utf-8-sig")
        written.append(_write(part, folder, until, kind))
    return written


def _until(path: Path) -> datetime:
    return datetime.strptime(path.stem.removeprefix(PREFIX), STAMP).replace(tzinfo=ZONE).astimezone(UTC)


def _periods(last: datetime | None, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From the last export to now; without one, month by month of the store's calendar."""
    since = last or START - timedelta(days=1)
    while last is None:
        month = since.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        until = (month + timedelta(days=32)).replace(day=1).astimezone(UTC)
        if until > now:
            break
        yield since, until
        since = until
    if since < now:
        yield since, now


def _rows(world: World, now: datetime) -> pl.DataFrame:
    """One row an order line, under our names; amounts in minor units."""
    view = world.view(CHANNEL, SHOP, now)
    refunds = view.history.refunds.frame.filter(pl.col("completed_at") <= now)
    by_order = refunds.group_by("order_id").agg(pl.col("amount_minor").sum().alias("refunded_minor"))
    goods_back = refunds.filter(pl.col("kind") == "return").group_by("order_id", "line_no")
    returned = goods_back.agg(pl.col("quantity").sum().alias("returned"))
    members = view.history.identities.select("customer_id", "name", "phone")
    titles = world.products.select("sku", pl.col("title_zh").alias("title"))
    orders = view.orders.join(by_order, on="order_id", how="left").join(members, on="customer_id", how="left")
    discount = pl.col("discount_minor").alias("line_discount_minor")
    lines = view.history.lines.frame.select("order_id", "line_no", "line_id", "sku", "quantity", "unit_price_minor", discount)
    lines = lines.join(returned, on=["order_id", "line_no"], how="left").join(titles, on="sku", how="left")
    rows = orders.join(lines, on="order_id")
    return rows.with_columns(_status().alias("status")).sort("updated_at", "order_id", "line_no")


def _status() -> pl.Expr:
    refunded = pl.col("refunded_minor").fill_null(0)
    return (
        pl.when(pl.col("cancelled_at").is_not_null()).then(pl.lit("已取消"))
        .when((refunded > 0) & (refunded >= pl.col("total_minor"))).then(pl.lit("已退款"))
        .when(refunded > 0).then(pl.lit("部分退款"))
        .otherwise(pl.lit("已完成"))
    )  # fmt: skip


def _write(part: pl.DataFrame, folder: Path, until: datetime, kind: str) -> Path:
    """Under a name that is not ready yet, then renamed: a reader never sees half a file."""
    body = _spreadsheet(part) if kind == "xlsx" else _text(part, kind)
    name = PREFIX + until.astimezone(ZONE).strftime(STAMP) + (".xlsx" if kind == "xlsx" else ".csv")
    path, unfinished = folder / name, folder / f"{name}.tmp"
    unfinished.write_bytes(body)
    os.utime(unfinished, (until.timestamp(), until.timestamp()))
    unfinished.rename(path)
    return path


def _local(name: str) -> pl.Expr:
    return pl.col(name).dt.convert_time_zone(str(ZONE)).dt.replace_time_zone(None)


def _cells(part: pl.DataFrame) -> pl.DataFrame:
    """Typed cells under the till's headers; amounts in yuan as exact decimals."""

    def yuan(name: str) -> pl.Expr:
        return pl.col(name).fill_null(0).cast(pl.Decimal(18, 2)) / 100

    cells = part.select(
        "order_id",
        _local("created_at").alias("ordered_at"),
        _local("paid_at"),
        "status",
        "customer_id",
        "name",
        "phone",
        "facility_id",
        "line_id",
        "sku",
        "title",
        "quantity",
        yuan("unit_price_minor").alias("unit_price"),
        yuan("line_discount_minor").alias("discount_amount"),
        pl.col("returned").fill_null(0).alias("refunded_quantity"),
        yuan("total_minor").alias("total_amount"),
        yuan("refunded_minor").alias("refunded_amount"),
        _local("updated_at"),
    )
    return cells.rename(HEADERS)


def _text(part: pl.DataFrame, encoding: str) -> bytes:
    cells = _cells(part)
    if encoding == "gb18030":
        cells = cells.with_columns(pl.col("小票号", "会员号", "手机").str.replace(r"^(.*)$", '="${1}"'))
    return cells.write_csv(datetime_format=TIME).encode(encoding)


def _spreadsheet(part: pl.DataFrame) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("订单")
    cells = _cells(part)
    sheet.append(cells.columns)
    for row in cells.iter_rows():
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
