"""Servers that are not ours, one a run."""

from collections.abc import Iterator

import pytest

from tests.acceptance.tryton.erp import Tryton, tryton
from tests.acceptance.vendure.shop import Vendure, vendure


@pytest.fixture(scope="session")
def real_vendure() -> Iterator[Vendure]:
    with vendure() as running:
        yield running


@pytest.fixture(scope="session")
def real_tryton() -> Iterator[Tryton]:
    with tryton() as running:
        yield running
