"""How a shop's files are read and what their columns mean: the `options` of a file shop in `sluice.yaml`."""

import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sluice.channels.file import contract, presets

StreamName = Literal["orders", "order_lines", "payments", "customers", "products"]
OrderKind = Literal["sale", "cancellation", "adjustment", "bad_debt", "test"]
LineKind = Literal["product", "shipping", "fee", "adjustment", "gift_card", "test"]
Axis = Literal["order", "payment", "fulfilment"]

VOCABULARY: dict[str, tuple[str, ...]] = {
    "order": ("open", "completed", "cancelled"),
    "payment": ("pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "failed"),
    "fulfilment": (
        "unfulfilled", "on_hold", "partially_shipped", "shipped", "partially_delivered", "delivered", "not_required", "failed",
    ),
}  # fmt: skip
"""The words a status may map to. A word of these in a file means itself; any other native word needs a line in `statuses`."""

IDS = ("order_id", "order_number", "line_id", "customer_id", "person_id", "product_id", "listing_id", "sku", "payment_id")
SET_BY_US = ("version", "fault", "part", "lines", "line_kind", "order_kind")
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("order_id",),),
    "order_lines": (("order_id",), ("quantity",), ("unit_price", "total_amount")),
    "payments": (("order_id",), ("amount",)),
    "customers": (("customer_id",),),
    "products": (("product_id", "sku"),),
}
"""Fields a stream can't do without; of the ones in a pair, one is enough."""


@cache
def fields(stream: str) -> dict[str, str]:
    """The fields a file may fill, with their kind: id, text, decimal, integer, flag or time."""
    records: tuple[type, ...] = {
        "orders": (contract.Order,),
        "order_lines": (contract.OrderLines, contract.Line),
        "payments": (contract.Payment,),
        "customers": (contract.Customer,),
        "products": (contract.Product,),
    }[stream]
    return {
        name: _kind(name, str(annotation))
        for record in records
        for name, annotation in _annotations(record).items()
        if name not in SET_BY_US and not name.startswith("native_")
    }


def _annotations(record: type) -> dict[str, Any]:
    return {name: kind for base in reversed(record.__mro__) for name, kind in getattr(base, "__annotations__", {}).items()}


def _kind(name: str, annotation: str) -> str:
    if name in IDS:
        return "id"
    if name.endswith("_at"):
        return "time"
    for word, kind in (("Decimal", "decimal"), ("int", "integer"), ("bool", "flag")):
        if word in annotation:
            return kind
    return "text"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            allowed = [field.alias or name for name, field in cls.model_fields.items()]
            unknown = [key for key in data if key not in allowed and key not in cls.model_fields]
            if unknown:
                raise ValueError(f"unknown key {', '.join(map(str, unknown))}; allowed here: {', '.join(allowed)}")
        return data


class Condition(Strict):
    """A condition on one column of the file, by its header there; exactly one of the tests. Numbers compare as numbers."""

    column: str
    equals: str | None = None
    is_in: Annotated[list[str] | None, Field(alias="in")] = None
    starts_with: str | None = None
    matches: str | None = None
    less_than: float | None = None
    at_most: float | None = None
    greater_than: float | None = None
    not_in: list[str] | None = None
    filled: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> "Condition":
        tests = ("equals", "is_in", "starts_with", "matches", "less_than", "at_most", "greater_than", "not_in", "filled")
        if sum(getattr(self, test) is not None for test in tests) != 1:
            raise ValueError(f"column {self.column!r} needs exactly one of {', '.join(tests).replace('is_in', 'in')}")
        if self.matches is not None:
            _compiled(self.matches)
        return self


def _compiled(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(f"matches: {pattern!r} is no regular expression ({fault})") from fault


class OrderRule(Condition):
    """An order all of whose rows pass the test is of this kind."""

    kind: OrderKind


class LineRule(Condition):
    """A row that passes the test is a line of this kind."""

    kind: LineKind


class Sum(Strict):
    """The sum of several number columns, an empty cell counting 0, less that of the columns in `less`."""

    sum: Annotated[list[str], Field(min_length=1)]
    less: list[str] = []


class Join(Strict):
    """Several columns put together with a dash: an id that is unique only in parts."""

    join: Annotated[list[str], Field(min_length=2)]


Source = str | list[str] | Sum | Join
"""Where a field comes from: a header; several headers of which the file has one; a sum; a join."""


class StreamMap(Strict):
    """Which files hold a stream, how they are written, and which column is which field.

    Of `order_kind` and of `line_kind` the first rule that holds counts; an order none holds for is a sale, a line a product.
    Rows that don't pass all of `only` are not of this stream. A field in `where` counts only in rows that pass its conditions: in
    the others it is 0, or empty where it is no number. Fields in `optional` are left out where the file has no such column.
    """

    files: str
    columns: dict[str, Source]
    constants: dict[str, str | bool | int] = {}
    only: list[Condition] = []
    order_kind: list[OrderRule] = []
    line_kind: list[LineRule] = []
    upper_case: list[str] = []
    where: dict[str, list[Condition]] = {}
    optional: list[str] = []
    datetime_format: str | list[str] | None = None
    decimal_comma: bool = False
    encoding: str | list[str] = "auto"
    delimiter: str = "auto"
    sheet: str | None = None
    skip_rows: Annotated[int, Field(ge=0)] = 0
    empty: list[str] = []

    @model_validator(mode="after")
    def _readable(self) -> "StreamMap":
        if self.delimiter != "auto" and len(self.delimiter) != 1:
            raise ValueError(f"delimiter is {self.delimiter!r}; it must be one character, or auto")
        for encoding in self.encodings:
            try:
                "".encode(encoding)
            except LookupError as fault:
                raise ValueError(f"encoding {encoding!r} is not known; write auto, utf-8, gb18030, cp1252 ...") from fault
        return self

    @property
    def encodings(self) -> list[str]:
        """Those to try, the first that fits counting; none where it is to be guessed."""
        if self.encoding == "auto":
            return []
        return [self.encoding] if isinstance(self.encoding, str) else self.encoding

    @property
    def datetime_formats(self) -> list[str]:
        """Those to try, the first that fits counting."""
        return [self.datetime_format] if isinstance(self.datetime_format, str) else self.datetime_format or []


class Options(Strict):
    """Options of a file shop. `folder` is watched; each stream takes the files its pattern matches in it.

    `preset` names a platform's export, or several: what it says of streams and statuses holds unless it is said otherwise here.
    """

    folder: str
    streams: Annotated[dict[StreamName, StreamMap], Field(min_length=1)]
    statuses: dict[Axis, dict[str, str]] = {}
    orders_span_files: bool = False
    preset: str | list[str] | None = None

    def stream(self, name: str) -> StreamMap | None:
        """How the stream called `name` is mapped; None where the shop's files don't hold it."""
        return {str(one): mapping for one, mapping in self.streams.items()}.get(name)

    @model_validator(mode="before")
    @classmethod
    def _with_presets(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not data.get("preset"):
            return data
        names = data["preset"]
        return presets.applied([names] if isinstance(names, str) else names, data)

    @model_validator(mode="after")
    def _fits_streams(self) -> "Options":
        for name, stream in self.streams.items():
            _check_fields(name, stream)
        for axis, words in self.statuses.items():
            for native, word in words.items():
                if word not in (*VOCABULARY[axis], "unknown"):
                    raise ValueError(f"statuses.{axis}.{native} is {word!r}; allowed: {', '.join(VOCABULARY[axis])}")
        return self


def _check_fields(name: str, stream: StreamMap) -> None:
    allowed, given = fields(name), {*stream.columns, *stream.constants}
    for part, keys in (
        ("columns", stream.columns),
        ("constants", stream.constants),
        ("upper_case", stream.upper_case),
        ("where", stream.where),
        ("optional", stream.optional),
    ):
        unknown = [key for key in keys if key not in allowed]
        if unknown:
            raise ValueError(f"streams.{name}.{part}: {', '.join(unknown)} is no field; allowed: {', '.join(allowed)}")
    if stream.order_kind and name not in ("orders", "order_lines"):
        raise ValueError(f"streams.{name}.order_kind: only orders and order_lines have kinds of orders")
    if stream.line_kind and name != "order_lines":
        raise ValueError(f"streams.{name}.line_kind: only order_lines has kinds of lines")
    twice = set(stream.columns) & set(stream.constants)
    if twice:
        raise ValueError(f"streams.{name}: {', '.join(sorted(twice))} stands in columns and in constants; keep one")
    for choice in NEEDED[name]:
        if not given & set(choice):
            raise ValueError(f"streams.{name}.columns lacks {' or '.join(choice)}")
