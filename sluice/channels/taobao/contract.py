"""What Taobao/Tmall sends, in its own names: trades, refunds and items, as the official API descriptors give them.

Ids are 64-bit numbers, some past 2**53, and text in the warehouse. Money is a string of yuan with two decimals. Times are
naive text, always Beijing time; staging makes them aware.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class Order(Struct, kw_only=True):
    """One listing in a trade: what other platforms call a line."""

    oid: Id
    status: str
    num: int
    price: Decimal
    title: str | None = None
    num_iid: Id | None = None
    sku_id: str | None = None
    outer_iid: str | None = None
    outer_sku_id: str | None = None
    sku_properties_name: str | None = None
    total_fee: Decimal | None = None
    payment: Decimal | None = None
    discount_fee: Decimal | None = None
    adjust_fee: Decimal | None = None
    part_mjz_discount: Decimal | None = None
    divide_order_fee: Decimal | None = None
    refund_status: str | None = None
    refund_id: str | None = None
    is_service_order: bool | None = None
    consign_time: str | None = None
    end_time: str | None = None
    logistics_company: str | None = None
    invoice_no: str | None = None
    store_code: str | None = None


class Orders(Struct, frozen=True, kw_only=True):
    order: list[Order] = []


class Trade(Struct, kw_only=True):
    """What a buyer ordered in one go. `payment` falls when a refund succeeds; the other amounts stay."""

    tid: Id
    status: str
    type: str | None = None
    created: str
    modified: str
    pay_time: str | None = None
    consign_time: str | None = None
    end_time: str | None = None
    payment: Decimal
    total_fee: Decimal
    discount_fee: Decimal | None = None
    adjust_fee: Decimal | None = None
    post_fee: Decimal | None = None
    order_tax_fee: Decimal | None = None
    received_payment: Decimal | None = None
    credit_card_fee: Decimal | None = None
    step_trade_status: str | None = None
    step_paid_fee: Decimal | None = None
    shipping_type: str | None = None
    buyer_nick: personal.CustomerId | None = None
    buyer_open_uid: personal.CustomerId | None = None
    oaid: personal.Token | None = None
    receiver_name: personal.Name | None = None
    receiver_mobile: personal.Phone | None = None
    receiver_country: str | None = None
    receiver_state: str | None = None
    receiver_city: personal.Place | None = None
    receiver_district: personal.Place | None = None
    receiver_zip: personal.Place | None = None
    orders: Orders = Orders()


class Refund(Struct, kw_only=True):
    """A refund of one order (`oid`). How many pieces it is for, the platform does not tell."""

    refund_id: str
    tid: Id
    oid: Id
    status: str
    created: str
    modified: str
    refund_fee: Decimal
    total_fee: Decimal | None = None
    payment: Decimal | None = None
    order_status: str | None = None
    good_status: str | None = None
    has_good_return: bool | None = None
    reason: str | None = None
    refund_phase: str | None = None
    dispute_type: str | None = None
    company_name: str | None = None
    sid: str | None = None


class Sku(Struct, kw_only=True):
    sku_id: Id
    quantity: int
    price: Decimal | None = None
    outer_id: str | None = None
    properties_name: str | None = None
    modified: str | None = None


class Skus(Struct, frozen=True, kw_only=True):
    sku: list[Sku] = []


class Item(Struct, kw_only=True):
    """A product page. One that is sold in a single variety has no skus and keeps code, price and quantity itself."""

    num_iid: Id
    title: str
    num: int
    price: Decimal
    approve_status: str | None = None
    outer_id: str | None = None
    cid: Id | None = None
    item_weight: str | None = None
    modified: str | None = None
    skus: Skus = Skus()


class _Trades(Struct, frozen=True):
    trade: list[Raw] = []


class _Refunds(Struct, frozen=True):
    refund: list[Raw] = []


class _Items(Struct, frozen=True):
    item: list[Raw] = []


class Listing(Struct):
    """A list as TOP answers it: every list is wrapped in its singular, and an empty one may be missing altogether."""

    total_results: int = 0
    has_next: bool = False
    trades: _Trades = _Trades()
    refunds: _Refunds = _Refunds()
    items: _Items = _Items()

    @property
    def records(self) -> list[Raw]:
        return self.trades.trade or self.refunds.refund or self.items.item


def listing(body: bytes) -> Listing:
    """The list in an answer, whose one key is the method's name. Raises msgspec.DecodeError."""
    (answer,) = msgspec.json.decode(body, type=dict[str, Listing]).values()
    return answer


def fields(record: type[Struct], **children: type[Struct]) -> str:
    """The `fields` parameter that asks for all of `record`; a child's fields go under the name that the method wants for it."""
    lists = {"orders", "skus"}
    own = [name for name in record.__struct_fields__ if name not in lists]
    return ",".join(own + [f"{prefix}.{name}" for prefix, child in children.items() for name in child.__struct_fields__])
