"""What the service answers. Money is text, digit by digit, with its currency beside it; times are UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

OrderStatus = Literal["open", "completed", "cancelled", "unknown"]
PaymentStatus = Literal[
    "pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "failed", "unknown"
]
FulfilmentStatus = Literal[
    "unfulfilled",
    "on_hold",
    "partially_shipped",
    "shipped",
    "partially_delivered",
    "delivered",
    "not_required",
    "failed",
    "unknown",
]
Money = Annotated[Decimal, PlainSerializer(lambda amount: format(amount, "f"), return_type=str)]


# PostgreSQL's text holds no NUL.
Text = Annotated[str, Field(pattern=r"^[^\x00]+$", max_length=200)]
HoldId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:~-]+$", max_length=200)]


class Row(BaseModel):
    """A row of the warehouse: columns that a model does not name are not given out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class OrderSummary(Row):
    """An order without its parts. Statuses are in one vocabulary for all channels."""

    channel: str = Field(examples=["taobao"])
    shop: str = Field(examples=["flagship"])
    order_id: str = Field(description="The channel's own id; unique with channel and shop.", examples=["4611686018427387905"])
    order_number: str | None = Field(description="What the customer sees.", examples=["4611686018427387905"])
    order_kind: str = Field(description="`sale`, or why it is none.", examples=["sale"])
    customer_id: str | None = Field(examples=["buyer_1041"])
    currency: str = Field(description="ISO 4217, of every amount of the order.", examples=["CNY"])
    order_status: str = Field(examples=["open"])
    payment_status: str = Field(examples=["paid"])
    fulfilment_status: str = Field(examples=["unfulfilled"])
    items_amount: Money | None = Field(description="Quantity times unit price, before discounts.", examples=["399.00"])
    discount_amount: Money | None = Field(examples=["40.00"])
    shipping_amount: Money | None = Field(examples=["0.00"])
    tax_amount: Money | None = Field(description="Added on top; 0 where prices include tax.", examples=["0.00"])
    adjustment_amount: Money | None = Field(description="What the platform adds or takes besides.", examples=["0.00"])
    total_amount: Money | None = Field(description="What the buyer owes, before refunds.", examples=["359.00"])
    refunded_amount: Money | None = Field(examples=["0.00"])
    is_presale: bool | None
    facility_id: str | None = Field(
        description="Where it ships from; while that is not decided null, or in the list the facility that would serve it.",
        examples=["WH-SH"],
    )
    ship_country: str | None = Field(examples=["CN"])
    ship_region: str | None = Field(examples=["浙江省"])
    ship_city: str | None = Field(examples=["杭州市"])
    ordered_at: datetime | None = Field(examples=["2026-03-01T02:30:00Z"])
    paid_at: datetime | None = Field(examples=["2026-03-01T02:31:12Z"])
    cancelled_at: datetime | None = Field(examples=[None])
    closed_at: datetime | None = Field(examples=[None])
    promised_at: datetime | None = Field(examples=["2026-03-03T16:00:00Z"])
    updated_at: datetime | None = Field(examples=["2026-03-01T02:31:12Z"])


class OrderPage(BaseModel):
    """Orders, newest first. `next_cursor` is null on the last page."""

    orders: list[OrderSummary]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.", examples=["WyIyMDI2LTAzLTAxVDAyOjMw"])


class Line(Row):
    line_id: str
    position: int | None
    line_kind: str = Field(examples=["product"])
    product_id: str | None
    listing_id: str | None
    sku: str | None = Field(examples=["LMP-001-WHT"])
    title: str | None
    quantity: int
    unit_price: Money | None = Field(examples=["399.00"])
    discount_amount: Money | None = Field(examples=["40.00"])
    tax_amount: Money | None = Field(examples=["0.00"])
    total_amount: Money | None = Field(description="Quantity times unit price less the line's discount.", examples=["359.00"])
    currency: str
    shipped_quantity: int | None
    refunded_quantity: int | None
    cancelled_quantity: int | None
    promised_at: datetime | None


class Payment(Row):
    payment_id: str
    kind: str = Field(examples=["payment"])
    status: str = Field(examples=["paid"])
    method: str | None
    amount: Money | None = Field(examples=["359.00"])
    currency: str
    paid_at: datetime | None


class Refund(Row):
    refund_id: str
    line_id: str | None = Field(description="Null where it is for the whole order.")
    sku: str | None
    quantity: int | None
    kind: str = Field(examples=["return"])
    status: str = Field(examples=["completed"])
    reason: str | None
    amount: Money | None = Field(examples=["359.00"])
    currency: str
    is_restocked: bool | None
    requested_at: datetime | None
    completed_at: datetime | None


class Shipment(Row):
    shipment_id: str
    status: str = Field(examples=["in_transit"])
    facility_id: str | None
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class Customer(Row):
    """Name, e-mail and phone are masked, unless the key has the scope `pii`."""

    customer_id: str
    name: str | None = Field(examples=["王***"])
    email: str | None = Field(examples=["f***@example.com"])
    phone: str | None = Field(examples=["*******8000"])
    country: str | None
    region: str | None
    city: str | None


class Order(OrderSummary):
    """An order with all its parts, as last landed."""

    native_order_status: str | None = Field(description="In the channel's own words.", examples=["WAIT_SELLER_SEND_GOODS"])
    native_payment_status: str | None
    native_fulfilment_status: str | None
    loaded_at: datetime = Field(description="When this version of the order was landed.")
    customer: Customer | None
    lines: list[Line]
    payments: list[Payment]
    refunds: list[Refund]
    shipments: list[Shipment]


class Quota(Row):
    """Pieces that a shop may sell of a facility's stock. `published` includes what it shares with others."""

    channel: str = Field(examples=["taobao"])
    shop: str = Field(examples=["flagship"])
    quota: int = Field(description="Set apart for this shop.", examples=[40])
    protected: int = Field(description="Last pieces of the shared pool that are kept from this shop.", examples=[6])
    published: int = Field(examples=[52])
    rule: str


class Decision(Row):
    """What was decided last about a SKU at a facility: by a nightly `plan`, or by an `event` since."""

    run_id: int = Field(examples=[17])
    kind: Literal["plan", "event"] = Field(examples=["event"])
    decided_at: datetime = Field(examples=["2026-03-01T02:31:13Z"])
    quotas: list[Quota] = []


class FacilityStock(Row):
    """What one facility has of a SKU, in pieces, as the ledger stands now."""

    facility_id: str = Field(examples=["WH-SH"])
    on_hand: int = Field(examples=[120])
    committed: int = Field(description="Promised to accepted orders that have not shipped.", examples=[14])
    held: int = Field(description="Promised to holds that wait for their order.", examples=[2])
    presale_reserve: int = Field(description="Arrived, and set apart for presale orders.", examples=[0])
    presale_promised: int = Field(description="Presale orders that wait for what is incoming.", examples=[30])
    unsellable: int = Field(description="In quarantine; no part of on hand.", examples=[1])
    safety_stock: int = Field(examples=[15])
    available: int = Field(
        description="On hand less committed, held, presale reserve and safety stock. Below 0 the safety stock is drawn on, or "
        "more is promised than there is.",
        examples=[89],
    )
    is_known: bool = Field(description="False where the last count is too old to be believed: nothing is sold on it.")
    counted_at: datetime | None = Field(description="Null where nobody counts.", examples=["2026-03-01T02:30:00Z"])
    incoming_quantity: int = Field(description="On open purchase orders.", examples=[200])
    next_expected_at: datetime | None = Field(examples=["2026-03-12T00:00:00Z"])
    decision: Decision | None = Field(description="Null before the first plan.")


class Component(Row):
    sku: str = Field(examples=["LMP-001-WHT"])
    quantity: int = Field(description="Pieces in one bundle.", examples=[2])


class BundleStock(Row):
    """How many of a bundle a facility could ship: what its scarcest component allows."""

    facility_id: str = Field(examples=["WH-SH"])
    available: int = Field(examples=[44])
    scarcest: str = Field(description="SKU of the component that sets it.", examples=["LMP-001-WHT"])
    is_known: bool


class Stock(BaseModel):
    """A SKU in every facility, and how much of it each shop may sell. A bundle has components instead of stock of its own."""

    sku: str = Field(examples=["LMP-001-WHT"])
    facilities: list[FacilityStock]
    components: list[Component] = Field(description="Empty unless the SKU is a bundle.")
    bundles: list[BundleStock] = Field(description="Empty unless the SKU is a bundle.")


class HoldLine(BaseModel):
    """Pieces of a SKU; a bundle is taken apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sku: Text = Field(examples=["LMP-001-WHT"])
    quantity: int = Field(ge=1, le=1_000_000, examples=[2])


class HoldRequest(BaseModel):
    """What a checkout asks for. `hold_id` is the caller's own and makes the request safe to repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hold_id: HoldId = Field(examples=["cart-8f14e45f"])
    channel: Text = Field(examples=["shopify"])
    shop: Text = Field(examples=["main"])
    lines: list[HoldLine] = Field(min_length=1, max_length=200)
    for_minutes: float | None = Field(
        None, gt=0, le=24 * 60, description="How long; the configuration's default if left out.", examples=[10]
    )
    facility_id: Text | None = Field(None, description="Only from here; from wherever it is if left out.", examples=["WH-SH"])


class ConfirmRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    order_id: Text = Field(description="The channel's id of the order that the checkout became.", examples=["5501"])


class ReviewRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    on_review: bool = Field(description="True while a fraud check or a payment is awaited.")


class HeldLine(Row):
    """Pieces that are held, where they are held. A bundle shows as its components."""

    facility_id: str = Field(examples=["WH-SH"])
    sku: str = Field(examples=["LMP-001-WHT"])
    quantity: int = Field(examples=[2])


class Hold(Row):
    """A hold. Only in the states `held` and `confirmed` does it keep its pieces."""

    hold_id: str = Field(examples=["cart-8f14e45f"])
    channel: str = Field(examples=["shopify"])
    shop: str = Field(examples=["main"])
    state: Literal["held", "confirmed", "consumed", "released", "expired"] = Field(
        description="`confirmed`: its order is named. `consumed`: its order is here and holds the pieces now.", examples=["held"]
    )
    on_review: bool = Field(description="A hold on review does not expire.")
    order_id: str | None = Field(examples=[None])
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = Field(examples=[None])
    reason: str | None = Field(description="Why it ended.", examples=[None])
    lines: list[HeldLine]


class Short(Row):
    """A SKU of which less is available than was asked for."""

    sku: str = Field(examples=["LMP-001-WHT"])
    wanted: int = Field(examples=[2])
    available: int = Field(description="Most that one facility can give to this shop now.", examples=[1])


class Health(BaseModel):
    """Whether the service can answer, and how old what it knows is."""

    status: Literal["ok", "unavailable"] = Field(examples=["ok"])
    database: bool
    last_landing_at: datetime | None = Field(description="Null when nothing was ever landed.")
    last_landing_age_seconds: int | None = Field(examples=[840])
