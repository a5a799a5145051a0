"""What the service answers about persons: money is in the company's base currency, contacts are masked."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from sluice.service.models import Customer, Money, Row


class Account(Customer):
    """A customer record that is this person, as its channel knows it."""

    channel: str = Field(examples=["taobao"])
    shop: str = Field(examples=["flagship"])


class Customer360(Row):
    """Everything about a person, as of the last build of the warehouse. Amounts that end in `_base` are in `base_currency`."""

    customer_key: UUID
    account_count: int
    channels: str = Field(examples=["shopify, taobao"])
    country: str | None
    region: str | None
    city: str | None
    first_seen_at: datetime | None
    first_order_at: datetime | None
    last_order_at: datetime | None
    order_count: int = Field(description="Sales that were not cancelled.")
    cancelled_order_count: int
    refunded_order_count: int
    unit_count: int
    returned_unit_count: int
    base_currency: str | None = Field(description="ISO 4217; null without an order.", examples=["CNY"])
    net_revenue_base: Money = Field(description="Items less discounts less what was paid back.", examples=["1288.0000"])
    refunded_amount_base: Money
    margin_amount_base: Money | None = Field(description="Null where a cost is unknown.")
    preferred_category: str | None
    preferred_size: str | None
    preferred_price_band: str | None = Field(examples=["middle"])
    preferred_channel: str | None
    preferred_hour_local: int | None = Field(examples=[21])
    accepts_marketing: bool | None = Field(description="By e-mail; false where any shop was told no, null if unknown.")
    open_order_count: int
    late_order_count: int
    open_refund_count: int
    open_issue_count: int
    value_as_of: date | None = Field(description="Day of what follows; null where the person was not valued.")
    recency_score: int | None = Field(description="1 to 5, 5 the best, as the two that follow.")
    frequency_score: int | None
    monetary_score: int | None
    segment: str | None = Field(examples=["champion"])
    value_tier: str | None = Field(examples=["A"])
    churn_probability: float | None = Field(description="That the person does not buy any more.", examples=[0.27])
    expected_purchases: float | None = Field(description="In 52 weeks.", examples=[3.1])
    clv: Money | None = Field(description="Net revenue to expect in 52 weeks, discounted.", examples=["640.20"])
    clv_low: Money | None = Field(description="5 % lie below.")
    clv_high: Money | None = Field(description="5 % lie above.")
    accounts: list[Account] = Field(description="The customer records that are this person, as last landed.")


class CustomerEvent(Row):
    occurred_at: datetime
    event: str = Field(examples=["ordered", "delivered", "returned"])
    channel: str
    shop: str
    order_id: str
    record_id: str = Field(description="The shipment or refund; empty for the order itself.")
    amount: Money | None
    currency: str | None


class EventPage(BaseModel):
    """A person's events, newest first. `next_cursor` is null on the last page."""

    events: list[CustomerEvent]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")
