"""Sets that nobody published: the kinds that linkage is measured on, made anew, at the one threshold."""

import pytest

from sluice.customers.link import link
from sluice.customers.score import score
from tests.customers.registers import past, register
from tests.customers.shops import shops

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(("damages", "least"), [(2, 0.995), (5, 0.99), (10, 0.95)])
def test_a_register_with_several_damaged_copies_of_a_person_is_resolved(damages: int, least: float) -> None:
    records, truth = register(600, 900, damages, seed=damages)
    found = score(truth, link(records).persons)
    assert found.true_pairs > 1500
    assert found.precision >= 0.98
    assert found.f1 >= least


def test_persons_of_the_past_are_resolved_without_any_contact() -> None:
    records, truth = past(400, seed=5)
    found = score(truth, link(records).persons)
    assert found.true_pairs > 15_000
    assert found.precision >= 0.93
    assert found.f1 >= 0.88


def test_namesakes_of_one_provider_stay_apart() -> None:
    """Addresses are made of names: that two of one name have the like is no second reason."""
    records, truth = shops(8_000)
    found = score(truth, link(records).persons)
    assert found.precision >= 0.98
