"""HTTP says 200 whatever happened; what a user is told is what Odoo meant."""

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sluice.channels.odoo.connector import CONNECTOR
from sluice.channels.odoo.records import records
from sluice.channels.protocol import ChannelError, Refused
from sluice.sandbox.host import on_loopback
from tests.channels.odoo.server import TEMPLATES, SmallOdoo, connection


def fault(name: str, message: str) -> dict[str, str]:
    return {"name": name, "message": message}


def test_a_clash_in_the_database_is_tried_again() -> None:
    clash = fault("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update")
    odoo = SmallOdoo({1: 0}, faults=[clash])
    with odoo.serving() as url:
        assert len(list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))) == 1
    assert odoo.calls == ["authenticate", "fields_get", "fields_get", "search_read"]


def test_missing_rights_are_refused_at_once() -> None:
    odoo = SmallOdoo({1: 0}, faults=[fault("odoo.exceptions.AccessError", "You are not allowed to access 'Product'")])
    with odoo.serving() as url, pytest.raises(Refused, match=r"not allowed to access 'Product'.*access rights"):
        list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))
    assert len(odoo.calls) == 2


def test_any_other_error_is_told_in_odoos_words() -> None:
    odoo = SmallOdoo({1: 0}, faults=[fault("builtins.ValueError", "Invalid field 'list_prise' on model 'product.template'")])
    with odoo.serving() as url, pytest.raises(ChannelError, match="Invalid field 'list_prise'"):
        list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))


def test_an_app_that_is_not_installed_has_no_records() -> None:
    missing = fault("odoo.exceptions.UserError", "Object mrp.bom doesn't exist")
    with SmallOdoo(faults=[missing]).serving() as url:
        found = list(CONNECTOR.open(connection(url)).pages(CONNECTOR.stream("boms"), None))
    assert [page.complete for page in found] == [True]


def test_a_model_that_must_be_there_is_missed() -> None:
    missing = fault("odoo.exceptions.UserError", "Object product.template doesn't exist")
    with SmallOdoo(faults=[missing]).serving() as url, pytest.raises(ChannelError, match=r"product\.template doesn't exist"):
        list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))


def test_an_app_is_missed_in_any_language() -> None:
    missing = fault("odoo.exceptions.UserError", "对象 mrp.bom 不存在")
    with SmallOdoo(faults=[missing]).serving() as url:
        found = list(CONNECTOR.open(connection(url)).pages(CONNECTOR.stream("boms"), None))
    assert [page.complete for page in found] == [True]


def test_a_field_that_is_not_there_is_not_asked_for() -> None:
    odoo = SmallOdoo({1: 0}, hidden=("categ_id",))
    with odoo.serving() as url:
        [page] = CONNECTOR.open(connection(url)).pages(TEMPLATES, None)
    [record] = records(TEMPLATES, page.body, {})
    assert msgspec.json.decode(record, type=TEMPLATES.record, strict=False).categ_id is None
    assert "categ_id" not in odoo.named[-1]["fields"]


def test_a_field_that_must_be_there_is_named() -> None:
    odoo = SmallOdoo({1: 0}, hidden=("list_price",))
    with odoo.serving() as url, pytest.raises(ChannelError, match=r"shows no list_price in product\.template: the app"):
        list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))


def test_an_address_that_leads_elsewhere_is_named() -> None:
    """Followed, a POST would become a GET, which Odoo answers with a page for people."""
    with SmallOdoo({1: 0}).serving() as url:

        async def leads_on(request: Request) -> RedirectResponse:
            return RedirectResponse(f"{url}/web/login?token=1", 301)

        with (
            on_loopback(Starlette(routes=[Route("/jsonrpc", leads_on, methods=["POST"])])) as elsewhere,
            pytest.raises(ChannelError, match=f"leads on to {url}/web/login: name"),
        ):
            list(CONNECTOR.open(connection(elsewhere)).pages(TEMPLATES, None))


def test_company_and_language_go_with_every_call() -> None:
    odoo = SmallOdoo({1: 0})
    with odoo.serving() as url:
        list(CONNECTOR.open(connection(url, options={"company": 3, "language": "zh_CN"})).pages(TEMPLATES, None))
    assert [named["context"] for named in odoo.named] == [{"lang": "zh_CN", "allowed_company_ids": [3]}] * 2


def test_a_reference_without_a_name_keeps_its_id() -> None:
    body = b'{"result": [{"id": 1, "categ_id": [5, false], "name": "false]"}]}'
    [record] = records(TEMPLATES, body, {})
    assert msgspec.json.decode(record) == {"id": 1, "categ_id": [5, None], "name": "false]"}
