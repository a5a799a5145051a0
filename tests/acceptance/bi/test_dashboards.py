"""A fresh Superset answers every chart of every page, and its numbers are those of `sluice metrics`."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sluice import warehouse
from sluice.bi import pages
from sluice.bi.measures import measures
from sluice.metrics.answer import answer
from sluice.metrics.question import Question
from sluice.project import DASHBOARDS
from tests.acceptance.bi.superset import SLUICE, Dashboards, dashboards, environment, install

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder after `sluice run`."""
    install()
    made = tmp_path_factory.mktemp("bi")
    done = subprocess.run([SLUICE, "run", "--orders", "400"], env=environment(made), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return made


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Dashboards]:
    with dashboards(home) as started:
        yield started


@pytest.fixture(scope="module")
def charts(running: Dashboards) -> dict[str, Any]:
    """What Superset answers for each chart, by its place in the bundle."""
    asked = running.session()
    listed = asked.get(f"{running.url}/api/v1/chart/?q=(page_size:200,columns:!(id,uuid))", timeout=60).json()["result"]
    answers = {}
    for one in listed:
        chart = asked.get(f"{running.url}/api/v1/chart/{one['id']}", timeout=60).json()["result"]
        context = json.loads(chart["query_context"])
        answer = asked.post(f"{running.url}/api/v1/chart/data", json=context, timeout=60)
        answers[one["uuid"]] = {
            "name": chart["slice_name"],
            "context": context,
            "status": answer.status_code,
            "body": answer.json(),
        }
    return answers


def test_every_chart_answers_without_an_error(charts: dict[str, Any]) -> None:
    assert len(charts) == sum(len(page.charts) for page in pages.read(DASHBOARDS / "pages"))
    faults = {one["name"]: one["body"] for one in charts.values() if one["status"] != 200 or one["body"]["result"][0]["error"]}
    assert faults == {}


def test_every_number_is_the_dictionarys(running: Dashboards, charts: dict[str, Any]) -> None:
    """As a page shows it: to the digits that are written."""
    numbers = [one for one in charts.values() if one["context"]["form_data"]["viz_type"] == "big_number_total"]
    assert len(numbers) > 15
    with warehouse.connect(warehouse.Embedded(running.home / "postgres").url()) as db:
        for one in numbers:
            measure = measures()[one["context"]["form_data"]["metric"]]
            (shown,) = one["body"]["result"][0]["data"]
            (row,) = answer(db, Question(measure.metric))
            assert written(shown[measure.name], measure.format) == written(row["value"], measure.format), one["name"]


def test_a_number_is_that_of_the_command(running: Dashboards, charts: dict[str, Any]) -> None:
    (net_sales,) = (one for one in charts.values() if one["name"] == "Net sales")
    (shown,) = net_sales["body"]["result"][0]["data"]
    said = running.sluice("metrics", "net_sales")
    (row,) = said["rows"]
    assert round(float(row[said["columns"].index("value")]), 2) == round(shown["net_sales"], 2) > 0


def written(value: Any, form: str) -> str:
    return "–" if value is None else format(float(value), form)


def test_every_page_is_there(running: Dashboards) -> None:
    asked = running.session()
    found = asked.get(f"{running.url}/api/v1/dashboard/?q=(page_size:50)", timeout=60).json()["result"]
    assert {one["slug"] for one in found} == {page.slug for page in pages.read(DASHBOARDS / "pages")}


def test_a_browser_may_ask_nobody_else(running: Dashboards) -> None:
    policy = requests.get(f"{running.url}/login/", timeout=60).headers["Content-Security-Policy"]
    assert re.findall(r"https?:|\*|[a-z0-9-]+\.[a-z]{2,}", policy) == []
    assert "default-src 'self'" in policy


@pytest.mark.parametrize("table", ["raw.quarantine", "unified.customers", "ops.api_keys", "secrets.pseudonym_key"])
def test_nobody_reads_more_through_it_than_the_reader_may(running: Dashboards, table: str) -> None:
    asked = running.session()
    listed = asked.get(f"{running.url}/api/v1/database/", timeout=60).json()["result"]
    query = {"database_id": listed[0]["id"], "sql": f"select * from {table} limit 1", "runAsync": False}
    headers = {"X-CSRFToken": asked.get(f"{running.url}/api/v1/security/csrf_token/", timeout=60).json()["result"]}
    answer = asked.post(f"{running.url}/api/v1/sqllab/execute/", json=query, headers=headers, timeout=60)
    assert answer.status_code != 200
    assert "permission denied" in answer.text


def test_ctrl_c_stops_it_and_it_starts_again_without_making_anything_anew(running: Dashboards, charts: dict[str, Any]) -> None:
    """Last, since it takes the server away and brings another."""
    assert charts
    prepared = running.home / "bi" / "prepared"
    before = prepared.stat().st_mtime_ns
    with dashboards(running.home) as second:
        assert requests.get(f"{second.url}/health", timeout=60).text == "OK"
        assert prepared.stat().st_mtime_ns == before
    time.sleep(1)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{second.url}/health", timeout=5)
