"""What Douyin's shop platform sends, in its own names: shop orders, after-sales cases and products with their skus.

Money is whole fen, times are unix seconds (0 where it has not happened). Ids of orders are text, those of products and skus
numbers past 2**53, text in the warehouse. The line of a shop order is an order of its own there, with its own id and status.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class Inventory(Struct, kw_only=True):
    """Where pieces were taken from. `out_warehouse_id` is the company's own code of the warehouse."""

    out_warehouse_id: str | None = None
    warehouse_id: str | None = None
    count: int | None = None


class SkuOrder(Struct, kw_only=True):
    order_id: str
    order_status: int
    item_num: int
    origin_amount: int
    promotion_amount: int = 0
    modify_amount: int | None = None
    pay_amount: int | None = None
    product_id: Id | None = None
    sku_id: Id | None = None
    product_name: str | None = None
    code: str | None = None
    out_sku_id: str | None = None
    pre_sale_type: int | None = None
    given_product_type: str | None = None
    exp_ship_time: int | None = None
    ship_time: int | None = None
    logistics_receipt_time: int | None = None
    confirm_receipt_time: int | None = None
    inventory_list: list[Inventory] | None = None


class Packed(Struct, kw_only=True):
    sku_order_id: str | None = None
    product_count: int | None = None


class Parcel(Struct, kw_only=True):
    tracking_no: str | None = None
    company: str | None = None
    company_name: str | None = None
    delivery_id: str | None = None
    ship_time: int | None = None
    product_info: list[Packed] | None = None


class Named(Struct, kw_only=True):
    name: str | None = None
    id: str | None = None


class City(Struct, kw_only=True):
    name: personal.Place | None = None
    id: personal.Place | None = None


class Address(Struct, kw_only=True):
    province: Named | None = None
    city: City | None = None


class Order(Struct, kw_only=True):
    """What a buyer ordered of the shop in one go. `pay_amount` is what they pay."""

    order_id: str
    order_status: int
    create_time: int
    update_time: int
    pay_amount: int
    sku_order_list: list[SkuOrder]
    order_amount: int | None = None
    post_amount: int | None = None
    promotion_amount: int | None = None
    tax_amount: int | None = None
    pay_type: int | None = None
    pay_time: int | None = None
    ship_time: int | None = None
    exp_ship_time: int | None = None
    finish_time: int | None = None
    cancel_reason: str | None = None
    doudian_open_id: personal.CustomerId | None = None
    open_id: personal.CustomerId | None = None
    mask_post_receiver: personal.Name | None = None
    mask_post_tel: personal.Phone | None = None
    mask_post_addr: Address | None = None
    logistics_info: list[Parcel] | None = None


class Related(Struct, kw_only=True):
    """A line that a case is about."""

    sku_order_id: str
    aftersale_item_num: int | None = None
    aftersale_pay_amount: int | None = None
    shop_sku_code: str | None = None


class OrderInfo(Struct, kw_only=True):
    shop_order_id: str
    related_order_info: list[Related] | None = None


class TextPart(Struct, kw_only=True):
    reason_text: str | None = None
    aftersale_status_text: str | None = None


class Case(Struct, kw_only=True):
    """An after-sales case, its own members beside those about its order."""

    aftersale_id: str
    shop_order_id: str
    aftersale_type: int
    aftersale_status: int
    refund_amount: int
    apply_time: int
    update_time: int
    refund_status: int | None = None
    refund_post_amount: int | None = None
    aftersale_num: int | None = None
    related_id: str | None = None
    order_info: OrderInfo
    text_part: TextPart | None = None


class Sku(Struct, kw_only=True):
    id: Id
    price: int | None = None
    code: str | None = None
    stock_num: int | None = None
    sku_type: int | None = None
    spec_detail_name1: str | None = None
    spec_detail_name2: str | None = None
    spec_detail_name3: str | None = None


class Product(Struct, kw_only=True):
    """A product; its skus come of another call and are put beside."""

    product_id: Id
    name: str
    status: int
    check_status: int | None = None
    create_time: int | None = None
    update_time: int | None = None
    outer_product_id: str | None = None
    skus: list[Sku] = []


class Orders(Struct):
    shop_order_list: list[Raw] | None = None
    total: int = 0


class Cases(Struct):
    items: list[Raw] | None = None
    total: int = 0
    has_more: bool = False


class Products(Struct):
    data: list[Raw] | None = None
    total: int = 0


class _Item(Struct):
    aftersale_info: dict[str, Raw]
    order_info: Raw
    text_part: Raw = Raw(b"null")


def case(item: bytes) -> bytes:
    """One record of a case: the platform keeps its members and those about its order apart. As it came where it is not so."""
    try:
        found = msgspec.json.decode(item, type=_Item)
        order = msgspec.json.decode(found.order_info, type=dict[str, Raw])
        head: dict[str, Any] = {
            "shop_order_id": order["shop_order_id"],
            "order_info": found.order_info,
            "text_part": found.text_part,
        }
    except (msgspec.MsgspecError, KeyError):
        return bytes(item)
    return msgspec.json.encode({**found.aftersale_info, **head})
