"""Small random worlds that reach every corner: no demand, no stock, one facility, one channel, orders that come short or late."""

import numpy as np

from sluice.planning.policy import Terms
from sluice.planning.quotas import UNLIMITED
from sluice.planning.twin.scenario import Costs, Ordering, Scenario
from sluice.planning.twin.simulate import Company
from sluice.planning.twin.world import Network, World
from sluice.planning_policy import Planning

VALUES = (1.0, 0.8, 0.6, 0.6, 0.4)


def random_world(seed: int, channels: int = 3, facilities: int = 2, items: int = 6, days: int = 40, warmup: int = 5) -> World:
    made = np.random.default_rng(seed)
    mean = made.gamma(0.6, 2.0, (channels, facilities, items)) * (made.random((channels, facilities, items)) > 0.2)
    lift = np.where(made.random((days, channels, items)) < 0.1, 3.0, 1.0)
    asked = made.poisson(mean * lift[:, :, None, :])
    arrivals = made.integers(0, 9, (days, facilities, items)) * (made.random((days, facilities, items)) < 0.05)
    return World(
        demand=asked.astype(np.int32),
        lift=lift.astype(np.float32),
        lead=made.integers(1, 15, (days, facilities, items)).astype(np.int16),
        comes=np.where(made.random((days, facilities, items)) < 0.2, made.random((days, facilities, items)), 1).astype(
            np.float32
        ),
        on_hand=np.floor(mean.sum(axis=0) * made.uniform(0, 30, (facilities, items))).astype(np.int64),
        arrivals=arrivals.astype(np.int32),
        rate=mean.astype(np.float32),
        spread=np.sqrt(mean.sum(axis=0)).astype(np.float32),
        lead_mean=np.full((facilities, items), 7.0, np.float32),
        lead_sd=np.full((facilities, items), 3.0, np.float32),
        world=np.zeros(items, np.int64),
        unit=np.arange(items),
        warmup=warmup,
    )


def company(channels: int = 3, facilities: int = 2, **policy: object) -> Company:
    km = 50.0 + 300.0 * np.abs(np.subtract.outer(np.arange(facilities), np.arange(facilities)))
    terms = [Terms(f"channel_{number}", "main", 1, VALUES[number], 0, UNLIMITED, None) for number in range(channels)]
    return Company(Network(km, np.array([0.6, 0.3, 0.1]), 2.0), terms, Planning.model_validate(policy))


SCENARIOS = [
    Scenario(name=f"{allocation} {sourcing} {rule}", allocation=allocation, sourcing=sourcing, held_back=held, ordering=ordering)
    for allocation in ("silo", "percent", "pool", "nested", "quotas")
    for sourcing in ("own", "nearest")
    for held in (0.0, 0.7)
    for rule, ordering in {
        "cover": Ordering(rule="cover", every_days=30, cover_days=20),
        "quantile": Ordering(rule="quantile", every_days=7, level=0.9),
        "none": Ordering(rule="none"),
    }.items()
]
FREE = Costs(order_line=0, freight_parcel=0, freight_km=0, split=0, holding=0)
