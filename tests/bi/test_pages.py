"""Pages as people write them: read strictly, laid out on a grid that is always full and never overfull."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sluice.bi.layout import position
from sluice.bi.pages import COLUMNS, Chart, Page, read, widths
from sluice.config import ConfigError

NUMBER = {"chart": "number", "metrics": "net_sales"}


def page(folder: Path, *rows: list[dict[str, Any]]) -> Page:
    written = {"title": "A page", "answers": "What?", "rows": list(rows)}
    (folder / "1_a_page.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    (one,) = read(folder)
    return one


def test_a_page_is_called_as_its_file(tmp_path: Path) -> None:
    assert page(tmp_path, [NUMBER]).slug == "a_page"


@pytest.mark.parametrize(
    ("chart", "fault"),
    [
        ({"chart": "pie", "metrics": "net_sales"}, "chart"),
        ({"chart": "number"}, "either metrics or columns"),
        ({"chart": "number", "metrics": ["orders", "units"]}, "one metric"),
        ({"chart": "line", "metrics": "orders"}, "needs over"),
        ({"chart": "bar", "metrics": "orders"}, "needs by or over"),
        ({"chart": "heatmap", "metrics": "orders", "by": "channel"}, "two dimensions"),
        ({"chart": "table", "columns": ["sku"]}, "need a dataset"),
        ({"chart": "number", "metrics": "orders", "colour": "red"}, "colour"),
        ({"chart": "number", "metrics": "orders", "width": 13}, "width"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, chart: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=rf"1_a_page\.yaml: .*{fault}"):
        page(tmp_path, [chart])


def test_a_file_that_is_no_mapping_is_named(tmp_path: Path) -> None:
    (tmp_path / "1_bad.yaml").write_text("- [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"1_bad\.yaml"):
        read(tmp_path)


ROWS = st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=1, max_size=4)


@given(ROWS)
def test_a_row_fits_the_grid(named: list[int | None]) -> None:
    row = [Chart.model_validate(NUMBER | {"width": width}) for width in named]
    given_widths = widths(row)
    assert sum(given_widths) <= COLUMNS
    assert None not in named or sum(given_widths) == COLUMNS
    assert [one for one, width in zip(given_widths, named, strict=True) if width] == [width for width in named if width]
    open_ones = [one for one, width in zip(given_widths, named, strict=True) if width is None]
    assert not open_ones or max(open_ones) - min(open_ones) <= 1


def test_every_chart_stands_once_in_the_tree(tmp_path: Path) -> None:
    made = page(tmp_path, [NUMBER, NUMBER], [NUMBER])
    tree = position(made, ["a", "b", "c"])
    reached, ahead = [], ["ROOT_ID"]
    while ahead:
        node = tree[ahead.pop(0)]
        reached.append(node["id"])
        ahead += node["children"]
    assert sorted(reached) == sorted(set(tree) - {"DASHBOARD_VERSION_KEY", "HEADER_ID"})
    assert [node["meta"]["uuid"] for node in tree.values() if isinstance(node, dict) and node["type"] == "CHART"] == [
        "a",
        "b",
        "c",
    ]
