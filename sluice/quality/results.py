"""How a check fared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sluice.alerts.problems import Severity

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one expectation fared. `sample` holds a few of the values or rows that broke it.

    `seconds` is the query's own time, or what all column expectations of the table took, since they share their queries.
    """

    table: str
    name: str
    passed: bool
    severity: Severity
    observed: Any = None
    unexpected_count: int | None = None
    sample: tuple[Any, ...] = ()
    seconds: float = 0.0
    error: str | None = None

    @property
    def detail(self) -> str:
        """What a person wants to know of a check that failed, on one line."""
        if self.error:
            return self.error
        if self.passed:
            return ""
        text = f"{self.unexpected_count:,} unexpected" if self.unexpected_count is not None else f"observed {self.observed}"
        return text + (f", such as {', '.join(str(one) for one in self.sample[:3])}" if self.sample else "")


def plain(value: Any) -> Any:
    """`value` as JSON can hold it; money stays exact, as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
