"""Orders: a list from the marts, as of their last build; a single order through the unified views, as of its last landing."""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query
from psycopg import sql

from sluice.service.auth import Asking, Caller
from sluice.service.database import Connection, Database
from sluice.service.errors import responses
from sluice.service.filters import OrderQuery, page_query
from sluice.service.masking import masked
from sluice.service.models import Customer, Line, Order, OrderPage, OrderSummary, Payment, Refund, Row, Shipment, Text
from sluice.service.paging import CursorFault, Position

router = APIRouter(tags=["orders"])
Part = TypeVar("Part", bound=Row)
PARTS_OF_ORDER = "channel = %(channel)s and shop = %(shop)s and order_id = %(order_id)s"
PARTS = "select {columns} from {view} where {condition} order by {order}"
COMPUTED = {"customer", "lines", "payments", "refunds", "shipments"}


@router.get("/orders", responses=responses(400, 401, 422, 503))
def list_orders(db: Database, caller: Asking, query: Annotated[OrderQuery, Query()]) -> OrderPage:
    """Orders that match all filters, newest first.

    Follow `next_cursor` to the end and each order is given once, also while orders are added. The list shows the warehouse as of
    its last build; an order by its id is live.
    """
    try:
        statement, parameters = page_query(query, list(OrderSummary.model_fields))
    except CursorFault as fault:
        raise HTTPException(400, str(fault)) from fault
    rows = db.execute(statement, parameters).fetchall()
    orders = [OrderSummary.model_validate(row) for row in rows[: query.limit]]
    return OrderPage(orders=orders, next_cursor=_position(orders[-1]).cursor() if len(rows) > query.limit else None)


@router.get("/orders/{channel}/{shop}/{order_id:path}", responses=responses(401, 404, 422, 503))
def read_order(
    db: Database,
    caller: Asking,
    channel: Annotated[Text, Path(examples=["taobao"])],
    shop: Annotated[Text, Path(examples=["flagship"])],
    order_id: Annotated[Text, Path(description="The channel's own id.", examples=["4611686018427387905"])],
) -> Order:
    """One order with its lines, payments, refunds and shipments, as last landed."""
    key = {"channel": channel, "shop": shop, "order_id": order_id}
    # One snapshot, so that the parts belong to one version of the order.
    with db.transaction():
        # Planning a view over all channels takes ten times as long as a look-up by key: plan once a connection.
        db.execute("set local plan_cache_mode = force_generic_plan")
        orders = _select(db, "orders", set(Order.model_fields) - COMPUTED, PARTS_OF_ORDER, "order_id", key)
        if not orders:
            raise HTTPException(404, f"{channel}/{shop} has no order {order_id}")
        return Order(
            **orders[0],
            customer=_customer(db, key | {"customer_id": orders[0]["customer_id"]}, caller),
            lines=_parts(db, Line, "order_lines", "position, line_id", key),
            payments=_parts(db, Payment, "payments", "paid_at, payment_id", key),
            refunds=_parts(db, Refund, "refunds", "requested_at, refund_id", key),
            shipments=_parts(db, Shipment, "shipments", "shipped_at, shipment_id", key),
        )


def _position(order: OrderSummary) -> Position:
    assert order.ordered_at is not None
    return Position(order.ordered_at, order.channel, order.shop, order.order_id)


def _parts(db: Connection, model: type[Part], view: str, order: str, key: dict[str, Any]) -> list[Part]:
    rows = _select(db, view, model.model_fields, PARTS_OF_ORDER, order, key)
    return [model.model_validate(row) for row in rows]


def _customer(db: Connection, key: dict[str, Any], caller: Caller) -> Customer | None:
    if key["customer_id"] is None:
        return None
    condition = "channel = %(channel)s and shop = %(shop)s and customer_id = %(customer_id)s"
    rows = _select(db, "customers", Customer.model_fields, condition, "customer_id", key)
    if not rows:
        return None
    row = rows[0]
    if not caller.sees_contacts:
        row |= masked(row)
    return Customer.model_validate(row)


def _select(
    db: Connection, view: str, columns: Iterable[str], condition: str, order: str, key: dict[str, Any]
) -> list[dict[str, Any]]:
    statement = sql.SQL(PARTS).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        view=sql.Identifier("unified", view),
        condition=sql.SQL(condition),
        order=sql.SQL(order),
    )
    return db.execute(statement, key, prepare=True).fetchall()
