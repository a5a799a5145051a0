"""The part of `planning` that says what service stock is held to, and on what terms it is bought."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

STRICT = ConfigDict(extra="forbid", frozen=True)
AS_LIST = BeforeValidator(lambda given: given if isinstance(given, list) else [given])
Patterns = Annotated[list[str], AS_LIST, Field(min_length=1)]
"""Names, or globs with * and ?; a single one may stand without brackets."""
ServiceKind = Literal["cycle_service_level", "fill_rate"]
Abc = Literal["A", "B", "C"]
PolicyName = Literal["periodic", "base_stock", "r_q", "s_s", "newsvendor"]
WAITING = ("base_stock", "r_q", "s_s")
"""Policies that weigh what waiting costs."""


class ServiceTarget(BaseModel):
    """The service that items are held to whose SKU and ABC class match; the last target that matches wins."""

    model_config = STRICT

    sku: Patterns = ["*"]
    abc: Annotated[list[Abc], Field(min_length=1), AS_LIST] = ["A", "B", "C"]
    kind: ServiceKind = "cycle_service_level"
    level: Annotated[float, Field(gt=0.5, lt=1)]


class SupplierTerms(BaseModel):
    """What a supplier asks for, by id or name; of what matches, the last that says a term wins. Money is in the base currency."""

    model_config = STRICT

    supplier: Patterns = ["*"]
    sku: Patterns = ["*"]
    minimum_pieces: Annotated[int, Field(ge=1)] | None = None
    multiple: Annotated[int, Field(ge=1)] | None = None
    minimum_order_value: Annotated[Decimal, Field(ge=0)] | None = None
    unit_cost: Annotated[Decimal, Field(gt=0)] | None = None
    order_cost: Annotated[Decimal, Field(ge=0)] | None = None
    lead_time_days: Annotated[float, Field(gt=0)] | None = None
    shelf_pieces: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _value_is_the_suppliers(self) -> "SupplierTerms":
        if self.minimum_order_value is not None and self.sku != ["*"]:
            raise ValueError("minimum_order_value is of a whole order: it does not go with sku")
        return self


class Season(BaseModel):
    """Of items that sell until a day and are bought once for it. Money is in the base currency; without `price` it is the
    catalogue's. `salvage`: what a piece brings that is left over."""

    model_config = STRICT

    ends: date
    price: Annotated[Decimal, Field(gt=0)] | None = None
    salvage: Annotated[Decimal, Field(ge=0)] = Decimal(0)


class ItemPolicy(BaseModel):
    """How items are ordered whose SKU, ABC class, supplier (id or name) and category match; the last that matches wins.
    `waiting_cost`: what it costs a day that a customer waits for a piece; it takes the place of a target."""

    model_config = STRICT

    sku: Patterns = ["*"]
    abc: Annotated[list[Abc], Field(min_length=1), AS_LIST] = ["A", "B", "C"]
    supplier: Patterns = ["*"]
    category: Patterns = ["*"]
    policy: PolicyName
    waiting_cost: Annotated[Decimal, Field(gt=0)] | None = None
    season: Season | None = None

    @model_validator(mode="after")
    def _terms_go_together(self) -> "ItemPolicy":
        if self.policy == "newsvendor" and self.season is None:
            raise ValueError("newsvendor buys for a season: say when it ends, as in season: {ends: 2026-12-24}")
        if self.policy != "newsvendor" and self.season is not None:
            raise ValueError(f"season does not go with {self.policy}; it goes with newsvendor")
        if self.waiting_cost is not None and self.policy not in WAITING:
            raise ValueError(f"waiting_cost does not go with {self.policy}; it goes with {', '.join(WAITING)}")
        return self


class Replenishment(BaseModel):
    """How stock is bought. `budget`: what one run may spend, no limit if left out; `transfer_cost`: a transfer, of any size;
    `holding_rate`: what holding stock costs a year, a share of its cost."""

    model_config = STRICT

    suppliers: list[SupplierTerms] = []
    policies: list[ItemPolicy] = []
    budget: Annotated[Decimal, Field(ge=0)] | None = None
    transfer_cost: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    holding_rate: Annotated[float, Field(gt=0)] = 0.25
