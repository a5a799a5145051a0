"""What Pinduoduo sends, in its own names, as the definitions of its open platform give them.

Amounts of orders and refunds are yuan, as text or number. Ids and statuses are numbers that some of its APIs write as text. Times
are naive text, always Beijing time; what has not happened is null or empty. What a platform's definitions call text here and a
number there, and leave empty, is kept as it comes (jsonb).
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class Item(Struct, kw_only=True):
    """A sku in an order: what other platforms call a line. It has no id of its own."""

    goods_id: Id
    sku_id: Id
    goods_count: int
    goods_price: Decimal
    goods_name: str | None = None
    goods_spec: str | None = None
    outer_id: str | None = None
    outer_goods_id: str | None = None


class StepOrder(Struct, kw_only=True):
    """The deposit of an order that is paid in two steps."""

    step_trade_status: int
    step_paid_fee: Decimal | None = None
    advanced_paid_fee: Decimal | None = None


class Depot(Struct, kw_only=True):
    """The warehouse, where the shop keeps them on the platform."""

    depot_code: str | None = None
    depot_name: str | None = None


class Order(Struct, kw_only=True):
    """An order. `pay_amount` = `goods_amount` - `discount_amount` + `postage`."""

    order_sn: str
    order_status: int
    confirm_status: int
    refund_status: int
    updated_at: str
    created_time: str
    confirm_time: str | None = None
    pay_time: str | None = None
    shipping_time: str | None = None
    receive_time: str | None = None
    last_ship_time: str | None = None
    pay_amount: Decimal
    goods_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    platform_discount: Decimal | None = None
    seller_discount: Decimal | None = None
    postage: Decimal | None = None
    pay_type: str | None = None
    group_status: int | None = None
    after_sales_status: int | None = None
    risk_control_status: int | None = None
    trade_type: int | None = None
    is_pre_sale: int | None = None
    step_order_info: StepOrder | None = None
    order_depot_info: Depot | None = None
    logistics_id: Any = None
    tracking_number: str | None = None
    receiver_name: personal.Name | None = None
    receiver_phone: personal.Phone | None = None
    country: str | None = None
    province: str | None = None
    city: personal.Place | None = None
    town: personal.Place | None = None
    item_list: list[Item]


class Refund(Struct, kw_only=True):
    """An after-sales case of one sku of an order."""

    id: Id
    order_sn: str
    after_sales_status: int
    after_sales_type: int
    refund_amount: Decimal
    created_time: str
    updated_time: str
    sku_id: Any = None
    goods_number: Any = None
    goods_id: Any = None
    outer_id: str | None = None
    after_sale_reason: str | None = None
    order_amount: Decimal | None = None
    tracking_number: str | None = None
    user_shipping_status: Any = None


class Sku(Struct, kw_only=True):
    sku_id: Id
    sku_quantity: int
    outer_id: str | None = None
    spec: str | None = None
    is_sku_onsale: int | None = None


class Goods(Struct, kw_only=True):
    """A product page. Its price is not in the list."""

    goods_id: Id
    goods_name: str
    is_onsale: int
    goods_quantity: int | None = None
    sku_list: list[Sku] = []


class Listing(Struct):
    """A list as the platform answers it: under a name of its own for each API."""

    total_count: int = 0
    has_next: bool = False
    order_sn_list: list[Raw] = []
    order_list: list[Raw] = []
    refund_list: list[Raw] = []
    goods_list: list[Raw] = []

    @property
    def records(self) -> list[Raw]:
        return self.order_sn_list or self.order_list or self.refund_list or self.goods_list


RESPONSES = {
    "pdd.goods.list.get": "goods_list_get_response",
    "pdd.goods.quantity.update": "goods_quantity_update_response",
    "pdd.logistics.companies.get": "logistics_companies_get_response",
    "pdd.logistics.online.send": "logistics_online_send_response",
    "pdd.order.information.get": "order_info_get_response",
    "pdd.order.list.get": "order_list_get_response",
    "pdd.order.number.list.increment.get": "order_sn_increment_get_response",
    "pdd.pop.auth.token.refresh": "pop_auth_token_refresh_response",
    "pdd.refund.list.increment.get": "refund_increment_get_response",
    "pdd.time.get": "time_get_response",
}
"""The one key of each API's answer, which does not follow from the API's name."""


def listing(body: bytes) -> Listing:
    """The list in an answer. Raises msgspec.DecodeError."""
    (answer,) = msgspec.json.decode(body, type=dict[str, Listing], strict=False).values()
    return answer
