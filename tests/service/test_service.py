"""Keys, health, errors and the description: what holds for every endpoint."""

import hashlib
import time
from datetime import timedelta

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.service.app import create_app
from sluice.service.keys import KeyFault, create, listing, revoke
from sluice.service.masking import masked_email, masked_name, masked_phone
from tests.service.conftest import serving


@pytest.mark.parametrize("path", ["/orders", "/orders/a/b/c", "/stock/x"])
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "guess"}, {"X-API-Key": ""}])
def test_no_data_without_a_key(address: str, path: str, headers: dict[str, str]) -> None:
    answer = httpx.get(address + path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "WWW-Authenticate" in answer.headers


def test_revoked_key_is_refused_at_once(address: str, warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url, autocommit=True) as db:
        headers = {"X-API-Key": create(db, "leaver")}
        assert httpx.get(f"{address}/orders", headers=headers).status_code == 200
        assert revoke(db, "leaver")
        assert httpx.get(f"{address}/orders", headers=headers).status_code == 401


def test_database_holds_no_key(db: psycopg.Connection) -> None:
    key = create(db, "one", ["pii"])
    kept = str(db.execute("select * from ops.api_keys").fetchall())
    assert key not in kept
    assert hashlib.sha256(key.encode()).hexdigest() in kept
    assert [(one["name"], one["scopes"]) for one in listing(db)] == [("one", ["pii"])]


def test_names_of_keys(db: psycopg.Connection) -> None:
    create(db, "one")
    with pytest.raises(KeyFault, match="revoke it first"):
        create(db, "one")
    assert revoke(db, "one")
    assert not revoke(db, "one")
    create(db, "one")
    with pytest.raises(KeyFault, match="no scope"):
        create(db, "two", ["everything"])


def test_health_tells_the_age_of_the_last_landing(address: str, warehouse_url: str) -> None:
    assert httpx.get(f"{address}/healthz").json()["last_landing_at"] is None
    with warehouse.connect(warehouse_url) as db:
        db.execute(
            "insert into raw.manifest (channel, shop, stream, path, pages, records, bytes, landed_at) values "
            "('taobao', 'flagship', 'trades', 'a', 1, 1, 1, now() - %s)",
            (timedelta(hours=2),),
        )
    health = httpx.get(f"{address}/healthz").raise_for_status().json()
    assert (health["status"], health["database"]) == ("ok", True)
    assert 7200 <= health["last_landing_age_seconds"] < 7260


def test_service_outlives_its_database(database_url: str, postgres: warehouse.Embedded) -> None:
    name = database_url.rsplit("/", 1)[-1]
    with warehouse.connect(database_url) as db:
        headers = {"X-API-Key": create(db, "one")}
    with serving(database_url) as address, psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        assert httpx.get(f"{address}/healthz").status_code == 200
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        down = httpx.get(f"{address}/healthz", timeout=20)
        assert (down.status_code, down.json()["status"]) == (503, "unavailable")
        lost = httpx.get(f"{address}/orders", headers=headers, timeout=20)
        assert (lost.status_code, lost.headers["content-type"]) == (503, "application/problem+json")
        assert "Retry-After" in lost.headers
        admin.execute(f"alter database {name} allow_connections true")
        began = time.monotonic()
        # it tries again with growing pauses
        while httpx.get(f"{address}/healthz", timeout=20).status_code != 200:
            assert time.monotonic() < began + 60, "the service has not found its database again"
            time.sleep(0.2)


def test_warehouse_that_is_not_built_yet(database_url: str) -> None:
    with warehouse.connect(database_url) as db:
        headers = {"X-API-Key": create(db, "one")}
    with serving(database_url) as address:
        answer = httpx.get(f"{address}/orders", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (503, "the warehouse has not been built yet")


def test_statement_that_takes_too_long_is_cut(warehouse_url: str, keys: dict[str, str]) -> None:
    with serving(warehouse_url) as address, warehouse.connect(warehouse_url) as blocker:
        blocker.execute("lock table marts.fct_orders in access exclusive mode")
        answer = httpx.get(f"{address}/orders", headers={"X-API-Key": keys["plain"]}, timeout=20)
        assert answer.status_code == 503
        assert "too long" in answer.json()["detail"]


def test_unknown_path_and_method_are_problems_too(address: str) -> None:
    for answer in (httpx.get(f"{address}/nowhere"), httpx.post(f"{address}/healthz")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_description_names_every_endpoint_with_examples(address: str) -> None:
    schema = httpx.get(f"{address}/openapi.json").json()
    assert set(schema["paths"]) >= {
        "/orders",
        "/orders/{channel}/{shop}/{order_id}",
        "/stock/{sku}",
        "/holds",
        "/holds/{hold_id}",
        "/holds/{hold_id}/confirm",
        "/holds/{hold_id}/review",
        "/healthz",
    }
    order = schema["components"]["schemas"]["OrderSummary"]["properties"]
    assert order["total_amount"]["examples"] == ["359.00"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert set(operation["responses"]) & {"200", "201", "202"}, (method, path)
            # an address that is asked who it is answers without the database
            assert "503" in operation["responses"] or (method, path) == ("get", "/webhooks/{channel}/{shop}"), (method, path)
    refused = schema["paths"]["/holds"]["post"]["responses"]["409"]["content"]["application/problem+json"]["schema"]["$ref"]
    assert "short" in schema["components"]["schemas"][refused.rsplit("/", 1)[-1]]["properties"]


def test_docs_page_asks_for_nothing_from_elsewhere(address: str) -> None:
    page = httpx.get(f"{address}/docs")
    assert page.status_code == 200
    assert "/orders/{channel}/{shop}/{order_id}" in page.text
    assert "HoldRequest" in page.text, "what is sent is described as well as what is answered"
    assert "src=" not in page.text
    assert 'href="http' not in page.text
    schema = httpx.get(f"{address}/openapi.json").text
    assert '"kind":"date-time"' not in schema


def test_making_the_service_connects_nowhere() -> None:
    assert create_app("postgresql://nobody@127.0.0.1:9/none").title == "Sluice data service"


def test_masks_hide_short_values_whole() -> None:
    assert [masked_name(name) for name in ("Wang Fang", "王", "", None)] == ["W***", "***", "", None]
    assert [masked_email(email) for email in ("ab@x.cn", "a@x.cn", "no address", None)] == ["a***@x.cn", "***@x.cn", "***", None]
    assert [masked_phone(phone) for phone in ("138-0013-8000", "138****8000", "12345", None)] == [
        "*******8000",
        "***",
        "***",
        None,
    ]
