"""A world is a function of (seed, orders) and of nothing else."""

import hashlib
import json
import os
import subprocess
import sys
import time

import polars as pl
import pytest

from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.world import World
from tests.sandbox.worlds import world

FRAMES = (
    "facilities", "products", "components", "listings", "persons", "identities", "orders", "lines", "refunds", "shipments",
    "purchase_orders",
)  # fmt: skip
DIGESTS = f"""
import hashlib, json
from sluice.sandbox.world import World
world = World.generate(11, 1000)
print(json.dumps({{name: hashlib.sha256(getattr(world, name).write_csv().encode()).hexdigest() for name in {FRAMES}}}))
"""


def digests(made: World) -> dict[str, str]:
    return {name: hashlib.sha256(getattr(made, name).write_csv().encode()).hexdigest() for name in FRAMES}


def test_another_process_makes_the_same_frames() -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4711", "POLARS_MAX_THREADS": "1"}
    answer = subprocess.run([sys.executable, "-c", DIGESTS], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(answer.stdout) == digests(world())


@pytest.mark.parametrize("name", [name for name in FRAMES if name != "facilities"])
def test_another_seed_makes_other_frames(name: str) -> None:
    assert not getattr(world(), name).equals(getattr(world(seed=12), name))


@pytest.mark.parametrize("orders", [100, 1_000, 20_000])
def test_as_many_orders_as_asked_for_were_created_by_the_present(orders: int) -> None:
    made = world(orders=orders)
    assert made.orders.filter(pl.col("created_at") <= AS_OF).height == orders
    assert sum(made.truth(channel, shop).orders for channel, shop in made.shops) == orders
    assert made.orders.filter(pl.col("created_at") > AS_OF).height > orders / 20


def test_the_catalogue_grows_with_the_company() -> None:
    assert [len(world(orders=orders).products) for orders in (1_000, 20_000)] == [60, 268]


def test_5_000_orders_cost_less_than_two_seconds() -> None:
    begin = time.process_time()
    World.generate(3, 5_000)
    assert time.process_time() - begin < 2
