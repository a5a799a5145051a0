"""The part of `planning` that says what service stock is held to."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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
