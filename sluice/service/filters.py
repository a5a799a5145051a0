"""What `GET /orders` can be asked for, and its SQL."""

from typing import Any

from psycopg import sql
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sluice.service.models import FulfilmentStatus, OrderStatus, PaymentStatus, Text
from sluice.service.paging import Position

LARGEST_PAGE = 500


class OrderQuery(BaseModel):
    """Filters are joined by and; a parameter that does not exist is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Text | None = Field(None, description="Connector's name.", examples=["taobao"])
    shop: Text | None = Field(None, examples=["flagship"])
    order_kind: Text | None = Field(None, description="`sale`, `cancellation`, `adjustment`, `bad_debt` or `test`.")
    order_status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    customer_id: Text | None = Field(None, description="The channel's own id of the customer.")
    ordered_from: AwareDatetime | None = Field(None, description="Ordered at or after; with its offset, as 2026-03-01T00:00:00Z.")
    ordered_to: AwareDatetime | None = Field(None, description="Ordered before.")
    updated_since: AwareDatetime | None = Field(None, description="Changed at the channel at or after.")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str | None = Field(None, max_length=2_000, description="`next_cursor` of the page before.")


CONDITIONS = {
    "channel": "channel = %(channel)s",
    "shop": "shop = %(shop)s",
    "order_kind": "order_kind = %(order_kind)s",
    "order_status": "order_status = %(order_status)s",
    "payment_status": "payment_status = %(payment_status)s",
    "fulfilment_status": "fulfilment_status = %(fulfilment_status)s",
    "customer_id": "customer_id = %(customer_id)s",
    "ordered_from": "ordered_at >= %(ordered_from)s",
    "ordered_to": "ordered_at < %(ordered_to)s",
    "updated_since": "updated_at >= %(updated_since)s",
}
AFTER = "(ordered_at, channel, shop, order_id) < (%(at)s, %(at_channel)s, %(at_shop)s, %(at_order)s)"
PAGE = """
select {columns} from marts.fct_orders
where {conditions}
order by ordered_at desc, channel desc, shop desc, order_id desc
limit %(limit)s
"""


def page_query(query: OrderQuery, columns: list[str]) -> tuple[sql.Composed, dict[str, Any]]:
    """SQL and parameters of one page, with one order more than asked for, which tells whether another page follows.

    Raises CursorFault.
    """
    given = query.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    # An order without a time has no place in the list; it is found by its id, and a check reports it.
    conditions = ["ordered_at is not null", *(CONDITIONS[name] for name in given)]
    parameters = given | {"limit": query.limit + 1}
    if query.cursor is not None:
        position = Position.read(query.cursor)
        conditions.append(AFTER)
        parameters |= {"at": position.ordered_at, "at_channel": position.channel}
        parameters |= {"at_shop": position.shop, "at_order": position.order_id}
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(PAGE).format(columns=names, conditions=sql.SQL(" and ".join(conditions))), parameters
