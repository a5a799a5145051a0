"""What tests of operations share."""

from collections.abc import Iterator

import pytest

from tests.operations.ledger import Ledger, ledger


@pytest.fixture
def stock(database_url: str) -> Iterator[Ledger]:
    """An empty ledger with two facilities."""
    with ledger(database_url) as made:
        made.facilities("A", "B")
        yield made
