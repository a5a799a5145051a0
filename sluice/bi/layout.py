"""A page as Superset lays it out: rows of charts on a grid of twelve columns, and filters beside."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.bi.pages import Chart, Page, widths

CENTER = {"background": "BACKGROUND_TRANSPARENT"}


def position(page: Page, uuids: Sequence[str]) -> dict[str, Any]:
    """The page's tree. `uuids` are those of its charts, in order."""
    nodes: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": page.title}},
    }
    rows = []
    number = 0
    for place, row in enumerate(page.rows):
        row_id = f"ROW-{place}"
        parents = ["ROOT_ID", "GRID_ID", row_id]
        children = []
        for chart, width in zip(row, widths(row), strict=True):
            node = _chart(chart, uuids[number], number, width, max(one.tall for one in row), parents)
            nodes[node["id"]] = node
            children.append(node["id"])
            number += 1
        nodes[row_id] = {"type": "ROW", "id": row_id, "meta": CENTER, "children": children, "parents": parents[:2]}
        rows.append(row_id)
    return nodes | {"GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]}}


def _chart(chart: Chart, uuid: str, number: int, width: int, height: int, parents: list[str]) -> dict[str, Any]:
    meta = {"chartId": number + 1, "uuid": uuid, "sliceName": chart.title, "width": width, "height": height}
    return {"type": "CHART", "id": f"CHART-{number}", "meta": meta, "children": [], "parents": parents}


def metadata(page: Page, datasets: Mapping[str, str]) -> dict[str, Any]:
    """The page's settings. `datasets` are uuids by table."""
    return {
        "native_filter_configuration": [_filter(page, number, datasets) for number in range(len(page.filters))],
        "cross_filters_enabled": True,
        "color_scheme": "supersetColors",
        "refresh_frequency": 0,
    }


def _filter(page: Page, number: int, datasets: Mapping[str, str]) -> dict[str, Any]:
    asked = page.filters[number]
    shared = {
        "id": f"NATIVE_FILTER-{page.slug}-{number}",
        "name": asked.name,
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "cascadeParentIds": [],
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
        "type": "NATIVE_FILTER",
    }
    if asked.dataset is None:
        return shared | {"filterType": "filter_time", "targets": [{}], "controlValues": {}}
    target = {"column": {"name": asked.column}, "datasetUuid": datasets[asked.dataset]}
    controls = {"multiSelect": True, "enableEmptyFilter": False, "searchAllOptions": False, "inverseSelection": False}
    return shared | {"filterType": "filter_select", "targets": [target], "controlValues": controls}
