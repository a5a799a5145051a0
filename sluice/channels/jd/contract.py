"""What JD sends, in its own names, as recorded orders and its public request definitions show them.

Amounts are yuan, as text or number, ids numbers that are often written as text. Times are naive text, always Beijing time;
what has not happened is empty, missing or the year 1. Of after-sales services only what several readers of the platform agree on
is read.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class Item(Struct, kw_only=True, rename="camel"):
    """A sku in an order: what other platforms call a line."""

    sku_id: Id
    item_total: int
    jd_price: Decimal
    sku_name: str | None = None
    ware_id: Any = None
    outer_sku_id: str | None = None
    product_no: str | None = None


class Consignee(Struct, kw_only=True, rename="camel"):
    """Where it goes. Names and addresses are enciphered and are not kept."""

    province: str | None = None
    city: personal.Place | None = None
    county: personal.Place | None = None


class Order(Struct, kw_only=True, rename="camel"):
    """An order. `order_seller_price` is what its goods come to, less the shop's discounts; freight is beside it."""

    order_id: Id
    order_state: str
    modified: str
    order_start_time: str
    order_seller_price: Decimal
    order_total_price: Decimal | None = None
    freight_price: Decimal | None = None
    seller_discount: Decimal | None = None
    order_payment: Decimal | None = None
    payment_confirm_time: str | None = None
    order_end_time: str | None = None
    pay_type: str | None = None
    order_type: Any = None
    parent_order_id: Any = None
    store_id: Any = None
    logistics_id: Any = None
    waybill: str | None = None
    consignee_info: Consignee | None = None
    item_info_list: list[Item]


FIELDS = ",".join(field.encode_name for field in msgspec.structs.fields(Order))
"""`optional_fields`: orders come with those that are named. What tells who buys is not among them."""


class Service(Struct, kw_only=True, rename="camel"):
    """An after-sales service of one sku, with its refund. `ware_id` is the sku, as the platform has it there."""

    service_id: Id
    order_id: Id
    status: int | None = None
    refound_amount: Decimal | None = None
    afs_apply_time: str | None = None
    complete_time: str | None = None
    ware_id: Any = None
    service_count: Any = None
    apply_reason: str | None = None


class Sku(Struct, kw_only=True, rename="camel"):
    """A sku of the shop, with the product page (`ware_id`) that it is on."""

    sku_id: Id
    ware_id: Id
    status: int | None = None
    sku_name: str | None = None
    ware_title: str | None = None
    outer_id: str | None = None
    jd_price: Decimal | None = None
    stock_num: int | None = None
    modified: Any = None


SKU_FIELDS = ",".join(field.encode_name for field in msgspec.structs.fields(Sku))


class _Orders(Struct, rename="camel"):
    order_total: int = 0
    order_info_list: list[Raw] = []


class _Services(Struct, rename="camel"):
    total_count: int = 0
    data: list[Raw] = []


class _Skus(Struct, rename="camel"):
    total_item: int | None = None
    total_count: int | None = None
    data: list[Raw] = []


class Answer(Struct):
    """What stands under the one key of an answer."""

    searchorderinfo_result: _Orders | None = None
    pageResult: _Services | None = None
    page: _Skus | None = None

    @property
    def records(self) -> list[Raw]:
        if self.searchorderinfo_result:
            return self.searchorderinfo_result.order_info_list
        if self.pageResult:
            return [joined(row) for row in self.pageResult.data]
        return self.page.data if self.page else []

    @property
    def total(self) -> int:
        if self.searchorderinfo_result:
            return self.searchorderinfo_result.order_total
        if self.pageResult:
            return self.pageResult.total_count
        page = self.page or _Skus()
        return page.total_item or page.total_count or 0


def answer(body: bytes) -> Answer:
    """The answer, whose key is the method's name and ends in `responce`, or as that is spelt. Raises msgspec.DecodeError."""
    found = [value for name, value in _keys(body) if name.endswith(("_responce", "_response"))]
    if len(found) != 1:
        raise msgspec.ValidationError("JD's answer holds no response")
    return msgspec.json.decode(found[0], type=Answer, strict=False)


def _keys(body: bytes) -> Iterator[tuple[str, Raw]]:
    yield from msgspec.json.decode(body, type=dict[str, Raw]).items()


def joined(row: Raw) -> Raw:
    """A service beside its refund: the platform puts what tells them apart into a record of its own, `sameOrderServiceBill`."""
    try:
        refund = msgspec.json.decode(row, type=dict[str, Raw])
        bill = msgspec.json.decode(refund.pop("sameOrderServiceBill", Raw(b"{}")), type=dict[str, Raw])
    except msgspec.DecodeError:
        return row
    return Raw(msgspec.json.encode({**bill, **refund}))
