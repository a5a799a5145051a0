"""Worlds that several tests look at, each made once."""

from functools import cache

from sluice.sandbox.world import World


@cache
def world(seed: int = 11, orders: int = 1_000) -> World:
    return World.generate(seed, orders)
