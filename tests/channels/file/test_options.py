"""What a wrong mapping says, and that the fields a file may fill are the contract's own."""

from typing import Any

import pytest
from pydantic import ValidationError

from sluice.channels.file.options import SET_BY_US, Options, fields

GOOD: dict[str, Any] = {"files": "*.csv", "columns": {"order_id": "Order", "quantity": "Qty", "unit_price": "Price"}}


def options(**changes: Any) -> Options:
    return Options.model_validate({"folder": "/drop", "streams": {"order_lines": GOOD}} | changes)


def test_a_good_mapping_is_taken() -> None:
    assert options().stream("order_lines") is not None
    assert options().stream("orders") is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"streams": {}}, "at least 1"),
        (
            {"streams": {"order_lines": {**GOOD, "colums": {}}}},
            "unknown key colums; allowed here: files, columns, constants, only",
        ),
        ({"file": "x"}, "unknown key file; allowed here: folder, streams, statuses, orders_span_files"),
        (
            {"streams": {"order_lines": {**GOOD, "columns": {**GOOD["columns"], "prize": "P"}}}},
            "streams.order_lines.columns: prize is no field; allowed: order_id, order_number",
        ),
        (
            {"streams": {"order_lines": {"files": "*", "columns": {"order_id": "a", "quantity": "b"}}}},
            "lacks unit_price or total_amount",
        ),
        ({"streams": {"orders": {"files": "*", "columns": {"total_amount": "a"}}}}, "streams.orders.columns lacks order_id"),
        ({"streams": {"order_lines": {**GOOD, "constants": {"quantity": 1}}}}, "quantity stands in columns and in constants"),
        ({"streams": {"order_lines": {**GOOD, "delimiter": ",,"}}}, "must be one character, or auto"),
        ({"streams": {"order_lines": {**GOOD, "encoding": "utf-9"}}}, "encoding 'utf-9' is not known"),
        ({"statuses": {"order": {"成功": "done"}}}, "statuses.order.成功 is 'done'; allowed: open, completed, cancelled"),
        (
            {"streams": {"order_lines": {**GOOD, "line_kind": [{"kind": "shipping", "column": "SKU"}]}}},
            "column 'SKU' needs exactly one of equals, in, starts_with",
        ),
        (
            {"streams": {"order_lines": {**GOOD, "order_kind": [{"kind": "test", "column": "SKU", "matches": "("}]}}},
            "is no regular expression",
        ),
        (
            {
                "streams": {
                    "customers": {
                        "files": "*",
                        "columns": {"customer_id": "a"},
                        "line_kind": [{"kind": "fee", "column": "a", "equals": "b"}],
                    }
                }
            },
            "only order_lines has kinds of lines",
        ),
    ],
)
def test_a_wrong_mapping_names_the_key_and_what_is_allowed(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as fault:
        options(**changes)
    assert says in str(fault.value)


@pytest.mark.parametrize("stream", ["orders", "order_lines", "payments", "customers", "products"])
def test_every_field_has_a_kind_and_none_is_ours(stream: str) -> None:
    kinds = fields(stream)
    assert set(kinds.values()) <= {"id", "text", "decimal", "integer", "flag", "time"}
    assert not set(kinds) & set(SET_BY_US)
    assert all(kind == "time" for name, kind in kinds.items() if name.endswith("_at"))
    assert all(kind == "decimal" for name, kind in kinds.items() if name.endswith("_amount"))
