"""A chart as Superset keeps it: its form, which the browser draws, and its query, which answers without a browser."""

import json
from collections.abc import Mapping
from typing import Any

from sluice.bi.pages import Chart

VIZ = {
    "number": "big_number_total",
    "line": "echarts_timeseries_line",
    "area": "echarts_area",
    "bar": "echarts_timeseries_bar",
    "heatmap": "heatmap_v2",
    "table": "table",
}
GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M"}
MOST_ROWS = 10_000
ALL_TIME = "No filter"
SERIES = 20
"""Lines or colours in one chart; more cannot be told apart."""


def compiled(chart: Chart, time: str | None, formats: Mapping[str, str]) -> dict[str, Any]:
    """`viz_type`, `params` and `query_context` of a chart whose dataset keeps time in the column `time`.

    `formats` are d3 number formats by metric, or by column of a table.
    """
    form = _common(chart, time) | _FORMS[chart.chart](chart, time, formats)
    return {"viz_type": VIZ[chart.chart], "params": form, "query_context": json.dumps(_context(form, _query(chart, time)))}


def _common(chart: Chart, time: str | None) -> dict[str, Any]:
    return {
        "viz_type": VIZ[chart.chart],
        "adhoc_filters": _filters(chart, time),
        "row_limit": _rows(chart),
        "extra_form_data": {},
    }


def _rows(chart: Chart) -> int:
    """A limit would cut days out of a chart over time."""
    return MOST_ROWS if chart.over else chart.limit


def _filters(chart: Chart, time: str | None) -> list[dict[str, Any]]:
    """As the form keeps them; the query has the same by other names."""
    named = [{"subject": one["col"], "operator": one["op"], "comparator": one["val"]} for one in _narrowed(chart, time)]
    return [{"clause": "WHERE", "expressionType": "SIMPLE"} | one for one in named]


def _narrowed(chart: Chart, time: str | None) -> list[dict[str, Any]]:
    """The period comes from the page's filter; without one it is all time."""
    period = [{"col": time, "op": "TEMPORAL_RANGE", "val": ALL_TIME}] if time else []
    return [*period, *({"col": name, "op": "IN", "val": values} for name, values in chart.where.items())]


def _number(chart: Chart, time: str | None, formats: Mapping[str, str]) -> dict[str, Any]:
    return {
        "metric": chart.metrics[0],
        "y_axis_format": formats[chart.metrics[0]],
        "subheader": chart.note,
        "header_font_size": 0.35,
        "subheader_font_size": 0.125,
    }


def _series(chart: Chart, time: str | None, formats: Mapping[str, str]) -> dict[str, Any]:
    x_axis, groupby = (time, chart.by) if chart.over else (chart.by[0], chart.by[1:])
    flat = chart.chart == "bar" and not chart.over
    return {
        "x_axis": x_axis,
        "time_grain_sqla": GRAINS[chart.over] if chart.over else None,
        "metrics": chart.metrics,
        "groupby": groupby,
        "limit": SERIES,
        "stack": "Stack" if chart.chart != "line" and (groupby or len(chart.metrics) > 1) else None,
        "orientation": "horizontal" if flat else "vertical",
        "x_axis_sort": chart.metrics[0] if flat else None,
        "x_axis_sort_asc": flat,
        "order_desc": True,
        "show_legend": bool(groupby) or len(chart.metrics) > 1,
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "y_axis_format": formats[chart.metrics[0]],
        "truncateYAxis": False,
        "x_axis_time_format": "smart_date",
        "color_scheme": "supersetColors",
        "seriesType": "line",
        # a line of one day is a point
        "markerEnabled": chart.chart == "line",
        "markerSize": 3,
        "truncate_metric": True,
    }


def _heatmap(chart: Chart, time: str | None, formats: Mapping[str, str]) -> dict[str, Any]:
    return {
        "x_axis": chart.by[0],
        "groupby": chart.by[1],
        "metric": chart.metrics[0],
        "value_bounds": [None, None],
        "y_axis_format": formats[chart.metrics[0]],
        "linear_color_scheme": "superset_seq_1",
        "normalize_across": "heatmap",
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "show_values": True,
        "xscale_interval": -1,
        "yscale_interval": -1,
        "left_margin": "auto",
        "bottom_margin": "auto",
    }


def _table(chart: Chart, time: str | None, formats: Mapping[str, str]) -> dict[str, Any]:
    shared = {
        "table_timestamp_format": "smart_date",
        "show_cell_bars": False,
        "page_length": 50,
        "color_pn": False,
        "order_desc": True,
    }
    styled = {name: {"d3NumberFormat": formats[name]} for name in chart.columns or chart.metrics if name in formats}
    if chart.columns:
        ordered = [json.dumps([chart.order.lstrip("-"), not chart.order.startswith("-")])] if chart.order else []
        return shared | {"query_mode": "raw", "all_columns": chart.columns, "order_by_cols": ordered, "column_config": styled}
    return shared | {
        "query_mode": "aggregate",
        "groupby": chart.by,
        "metrics": chart.metrics,
        "timeseries_limit_metric": chart.order.lstrip("-") or chart.metrics[0],
        "order_desc": not chart.order or chart.order.startswith("-"),
        "column_config": styled,
    }


_FORMS = {"number": _number, "line": _series, "area": _series, "bar": _series, "heatmap": _heatmap, "table": _table}


def _query(chart: Chart, time: str | None) -> dict[str, Any]:
    columns: list[Any] = list(chart.columns or chart.by)
    if chart.over:
        axis = {"columnType": "BASE_AXIS", "sqlExpression": time, "label": time, "expressionType": "SQL"}
        columns = [axis | {"timeGrain": GRAINS[chart.over]}, *columns]
    order = chart.order or (f"-{chart.metrics[0]}" if chart.metrics else "")
    return {
        "filters": _narrowed(chart, time),
        "extras": {"having": "", "where": ""},
        "columns": columns,
        "metrics": chart.metrics or None,
        "orderby": [[order.lstrip("-"), not order.startswith("-")]] if order else [],
        "series_columns": chart.by if chart.over else [],
        "series_limit": SERIES if chart.over and chart.by else 0,
        "row_limit": _rows(chart),
        "order_desc": True,
    }


def _context(form: Mapping[str, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }
