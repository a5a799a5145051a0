"""The part of `planning` that says what service stock is held to, and on what terms it is bought."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

STRICT = ConfigDict(extra="forbid", frozen=True)
Patterns = Annotated[list[str], BeforeValidator(lambda given: given if isinstance(given, list) else [given]), Field(min_length=1)]
"""Names, or globs with * and ?; a single one may stand without brackets."""
ServiceKind = Literal["cycle_service_level", "fill_rate"]
Abc = Literal["A", "B", "C"]


class ServiceTarget(BaseModel):
    """The service that items are held to whose SKU and ABC class match; the last target that matches wins."""

    model_config = STRICT

    sku: Patterns = ["*"]
    abc: Annotated[list[Abc], Field(min_length=1)] = ["A", "B", "C"]
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


class Replenishment(BaseModel):
    """How stock is bought. `budget`: what one run may spend, no limit if left out; `transfer_cost`: a transfer, of any size;
    `holding_rate`: what holding stock costs a year, a share of its cost."""

    model_config = STRICT

    suppliers: list[SupplierTerms] = []
    budget: Annotated[Decimal, Field(ge=0)] | None = None
    transfer_cost: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    holding_rate: Annotated[float, Field(gt=0)] = 0.25
