"""What tests of operations share."""

from collections.abc import Iterator

import pytest

from sluice import warehouse
from tests.conftest import copy_of
from tests.operations.ledger import Ledger, ledger
from tests.operations.market import EVERYTHING, Market, market


@pytest.fixture
def stock(database_url: str) -> Iterator[Ledger]:
    """An empty ledger with two facilities."""
    with ledger(database_url) as made:
        made.facilities("A", "B")
        yield made


@pytest.fixture(scope="module")
def place(postgres: warehouse.Embedded, built_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("market")))
        with copy_of(postgres, built_template) as address, market(address) as made:
            yield made


@pytest.fixture
def stall(place: Market) -> Market:
    """Every shop shows all that is available."""
    place.db.rollback()
    place.plan(EVERYTHING)
    place.deliver()
    return place
