"""Who is one person: published sets, and what must hold of any."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.customers.clusters import GIANT, STRONG, cluster
from sluice.customers.link import Known, Rulings, link
from sluice.customers.probabilistic import learn
from sluice.customers.records import prepare
from sluice.customers.score import score
from tests.customers.people import fake_1000, febrl, partition

pytestmark = pytest.mark.timeout(300)

NAMES = ["Zhang Wei", "张伟", "张敏", "Wei Zhang", "Li Na", "张**", None, "John Smith", "Jon Smith", "J***"]
PHONES = ["13800138001", "+86 138 0013 8001", "138****8001", "13800138002", None, "000000000"]
EMAILS = ["a.b@gmail.com", "ab+x@gmail.com", "a***@gmail.com", "c@qq.com", None, "noreply@qq.com"]
record = st.fixed_dictionaries(
    {
        "shop": st.sampled_from(["a", "b", "c"]),
        "name": st.sampled_from(NAMES),
        "phone": st.sampled_from(PHONES),
        "email": st.sampled_from(EMAILS),
    }
)
SLOW = settings(max_examples=12)


def frame(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    names = ("channel", "shop", "guest", "name", "phone", "email", "country", "city", "birth_date", "postcode", "street")
    schema = dict.fromkeys(names, pl.String)
    return pl.DataFrame([row | {"channel": "file", "country": "CN"} for row in rows], schema=schema)


def persons(*rows: dict[str, str | None], rulings: Rulings | None = None) -> set[frozenset[int]]:
    return partition(link(frame([{"shop": str(number), **row} for number, row in enumerate(rows)]), rulings or Rulings()).persons)


@pytest.fixture(scope="module")
def at_once() -> np.ndarray:
    """FEBRL's persons, all records resolved together."""
    return link(febrl()[0]).persons


def test_febrl_is_resolved(at_once: np.ndarray) -> None:
    _, truth = febrl()
    found = score(truth, at_once)
    assert found.true_pairs == 500
    assert found.f1 >= 0.998


def test_fake_1000_is_resolved_better_than_by_keys() -> None:
    records, truth = fake_1000()
    found = score(truth, link(records).persons)
    assert found.true_pairs == 2031
    assert found.precision >= 0.99
    assert found.f1 >= 0.9


@SLOW
@given(st.lists(record, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_records_tells_nothing(rows: list[dict[str, str | None]], random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = link(frame(rows)).persons
    shuffled = link(frame([rows[at] for at in order])).persons
    back = np.empty_like(shuffled)
    back[order] = shuffled
    assert partition(straight) == partition(back)


@SLOW
@given(st.lists(record, min_size=2, max_size=10), st.data())
def test_people_have_the_last_word(rows: list[dict[str, str | None]], data: st.DataObject) -> None:
    two = st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True)
    apart, together = data.draw(two), data.draw(two)
    parted = link(frame(rows), Rulings(different=[([apart[0]], [apart[1]])])).persons
    assert parted[apart[0]] != parted[apart[1]]
    joined = link(frame(rows), Rulings(same=[together])).persons
    assert joined[together[0]] == joined[together[1]]


def test_a_family_on_one_phone_stays_a_family() -> None:
    phone = {"phone": "13800138001"}
    family = [{"name": "张伟"}, {"name": "Zhang Wei"}, {"name": "张敏"}, {"name": None}]
    assert persons(*({**phone, **one} for one in family)) == {frozenset([0, 1]), frozenset([2]), frozenset([3])}


def test_a_phone_of_many_is_nobodys() -> None:
    crowd = [
        {"name": f"{first} {last}", "phone": "13800138001"} for first in ("Wei", "Na", "Lei") for last in ("Zhang", "Li", "Wu")
    ]
    again = {"name": "Wei Zhang", "phone": "13800138001"}
    assert len(persons(*crowd, again)) == len(crowd) + 1


def test_masked_values_that_look_alike_join_nobody() -> None:
    masked = {"name": "张**", "phone": "138****8001", "email": "z***@qq.com"}
    assert len(persons(masked, masked, masked)) == 3


def test_two_accounts_of_one_shop_that_differ_in_a_key_stay_two() -> None:
    one = {"shop": "a", "name": "Lin Wei", "email": "wei@qq.com", "phone": "13800138001"}
    other = {**one, "phone": "13900139002"}
    assert len(partition(link(frame([one, other])).persons)) == 2
    assert len(partition(link(frame([one, {**other, "shop": "b"}])).persons)) == 1
    assert len(partition(link(frame([one, {**other, "guest": "g"}])).persons)) == 1


def test_guests_teach_nothing_that_their_accounts_do_not_tell() -> None:
    """Who orders as a guest types what their account says: the same twice, which is no evidence of how matches differ."""
    records, _ = febrl()
    guests = records.head(300).with_columns(guest=pl.lit("g"))
    assert learn(prepare(pl.concat([records, guests], how="diagonal"))) == learn(prepare(records))


def test_namesakes_of_one_shop_who_share_neither_key_stay_two_though_one_is_a_guest() -> None:
    one = {
        "shop": "a",
        "name": "Hannah Nelson",
        "city": "Los Angeles",
        "email": "hannah.nelson60@gmail.com",
        "phone": "13800138001",
    }
    other = {**one, "email": "hannah.nelson61@gmail.com", "phone": "13900139002"}
    telling = {"birth_date": "1990-05-01", "postcode": "90001", "street": "Main"}
    assert len(partition(link(frame([one | telling, other | telling | {"guest": "g"}])).persons)) == 2
    assert len(partition(link(frame([one | telling, other | telling | {"shop": "b"}])).persons)) == 1


def test_weak_evidence_makes_no_giant() -> None:
    size = 2 * GIANT
    chain = pl.DataFrame({"left": range(size - 1), "right": range(1, size), "strength": 5.0})
    weak = cluster(size, chain)
    assert np.unique(weak, return_counts=True)[1].max() <= GIANT
    assert len(np.unique(cluster(size, chain.with_columns(strength=pl.lit(STRONG))))) == 1


def test_many_records_that_all_speak_for_each_other_are_one_person() -> None:
    size = 2 * GIANT
    pairs = [(one, other) for one in range(size) for other in range(one + 1, size)]
    knit = pl.DataFrame(pairs, schema=["left", "right"], orient="row").with_columns(strength=pl.lit(5.0))
    assert len(np.unique(cluster(size, knit))) == 1
    two = pl.concat([knit, knit.with_columns(pl.col("left", "right") + size)])
    bridged = pl.concat([two, pl.DataFrame({"left": [0], "right": [size], "strength": [9.0]})])
    assert len(np.unique(cluster(2 * size, bridged))) == 2


def test_two_who_share_no_block_are_not_compared() -> None:
    """Nor is everybody compared with everybody where no record has a block."""
    assert len(persons({"name": "John Smith", "phone": "****8001"}, {"name": "Jonas Smyth", "phone": "13800138001"})) == 2


def test_new_records_scored_against_known_ones_are_resolved_as_all_at_once(at_once: np.ndarray) -> None:
    records, truth = febrl()
    fresh = pl.Series(np.arange(records.height) % 5 == 0)
    old = np.flatnonzero(~fresh.to_numpy())
    before = link(records[old])
    edges = before.edges.filter(pl.col("method") == "probabilistic")
    placed = edges.with_columns(*(pl.Series(side, old[edges[side].to_numpy()].astype(np.int32)) for side in ("left", "right")))
    after = link(records, known=Known(fresh, placed, before.model))
    assert score(truth, after.persons).f1 >= score(truth, at_once).f1 - 0.005


@pytest.mark.parametrize("height", [0, 1])
def test_nobody_and_one_are_resolved_too(height: int) -> None:
    assert len(link(frame([{"shop": "a", "name": None, "phone": None, "email": None}] * height)).persons) == height
