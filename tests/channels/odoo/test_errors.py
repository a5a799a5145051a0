"""HTTP says 200 whatever happened; what a user is told is what Odoo meant."""

import pytest

from sluice.channels.odoo.connector import CONNECTOR
from sluice.channels.protocol import ChannelError, Refused
from tests.channels.odoo.server import TEMPLATES, SmallOdoo, connection


def fault(name: str, message: str) -> dict[str, str]:
    return {"name": name, "message": message}


def test_a_clash_in_the_database_is_tried_again() -> None:
    clash = fault("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update")
    odoo = SmallOdoo({1: 0}, faults=[clash])
    with odoo.serving() as url:
        assert len(list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))) == 1
    assert odoo.calls == ["authenticate", "execute_kw", "execute_kw"]


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
