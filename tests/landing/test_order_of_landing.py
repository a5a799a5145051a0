"""The same pages in any order, any number of times, in batches of any cut: the same tables, and the ones that a model says."""

import json
import random
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.channels.protocol import Page, Stream
from sluice.landing.delivery import digest
from sluice.landing.land import Landed, land
from sluice.landing.shape import shape
from sluice.landing.store import Store
from tests.landing.state import held
from tests.landing.toy import CONNECTION, EVENTS, ORDERS, order, page, toy

BROKEN = {"paid": "perhaps"}
TOO_LARGE = {"totalPriceSet": {"shopMoney": {"amount": "1e200000", "currencyCode": "EUR"}}}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Few keys, versions and names, so that they meet; some broken by contract, some that only PostgreSQL refuses."""
    number, version = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    name = draw(st.sampled_from(["A", "B", "tab\t"]))
    lines = draw(st.sampled_from([{}, {"lineItems": None}]))
    fault = draw(st.sampled_from([{}, {}, {}, {}, BROKEN, TOO_LARGE]))
    return order(number, version, name=name) | lines | fault


pages = st.lists(st.tuples(st.lists(records(), max_size=4), st.integers(0, 5)), min_size=1, max_size=6).map(
    lambda found: [page(content, at) for content, at in found]
)


def landed(db: psycopg.Connection, stream: Stream, landings: list[list[Page]]) -> tuple[dict[str, Any], list[Landed]]:
    Store(db, shape("toy", stream), "toy", "main").clear()
    done = [land(db, toy({stream.name: found}), CONNECTION, stream) for found in landings]
    return held(db), done


def model(stream: Stream, delivered: list[Page]) -> dict[str, str]:
    """Newest wins, said again in other words: key -> name."""
    best: dict[str, tuple[tuple[datetime | str, ...], str]] = {}
    for one in delivered:
        for record in json.loads(one.body):
            if record.get("paid") == "perhaps" or "1e200000" in str(record):
                continue
            rank = ((record["updatedAt"],) if stream.version else ()) + (one.received_at, digest(json.dumps(record).encode()))
            if str(record["id"]) not in best or rank > best[str(record["id"])][0]:
                best[str(record["id"])] = (rank, record["name"])
    return {key: name for key, (_, name) in best.items()}


@pytest.mark.parametrize("stream", [ORDERS, EVENTS], ids=lambda stream: stream.name)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=pages, seed=st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(
    raw: psycopg.Connection, stream: Stream, pages: list[Page], seed: random.Random
) -> None:
    straight, done = landed(raw, stream, [pages])
    shuffled = [*pages, *pages]
    seed.shuffle(shuffled)
    one_by_one, _ = landed(raw, stream, [[one] for one in shuffled])
    assert one_by_one == straight
    assert {row["id"]: row["name"] for row in straight[f"toy_{stream.name}"]} == model(stream, pages)
    (total,) = done
    assert total.delivered == sum(len(json.loads(one.body)) for one in pages)
    assert total.delivered == total.new + total.changed + total.unchanged + total.quarantined
