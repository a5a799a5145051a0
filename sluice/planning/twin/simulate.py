"""The twin: day after day deliveries come, channels sell, facilities send, orders are placed, for all items and worlds at once.

A morning's deliveries come first, then the day's demand is served under the scenario's cut and sourcing, then orders are placed.
What can't be served is lost (no backorders). A supplier says at once how much of an order will come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.policy import Terms
from sluice.planning.safety_stock import pieces
from sluice.planning.twin.access import Access, Nested, Percent, Quotas, Silo
from sluice.planning.twin.day import sell
from sluice.planning.twin.kept import Kept
from sluice.planning.twin.knowledge import REFRESH, Outlook, outlook
from sluice.planning.twin.ordering import Rule
from sluice.planning.twin.policies import Policies
from sluice.planning.twin.ration import offsets, offsets_of
from sluice.planning.twin.scenario import Scenario
from sluice.planning.twin.tally import Tally
from sluice.planning.twin.world import Network, World
from sluice.planning_policy import Planning

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Leak(Exception):
    """A piece is gone that nobody bought, or was sold that never came."""


@dataclass(frozen=True, slots=True)
class Company:
    """What all scenarios share: the network, the shops' terms in the world's order of channels, the policy they change, and what
    is `kept` of items under each policy that a scenario orders by."""

    network: Network
    terms: Sequence[Terms]
    policy: Planning
    kept: Sequence[Kept] = ()

    def buyer(self, scenario: Scenario, known: Outlook) -> Rule | Policies:
        """ValueError where a scenario orders by policies that nobody told."""
        if scenario.ordering.rule != "policy":
            return Rule(scenario.ordering, known)
        policy = scenario.policy(self.policy)
        for one in self.kept:
            if one.policy == policy:
                return Policies(one, known)
        raise ValueError(f"{scenario.name}: the rule `policy` orders by levels that a warehouse tells, and there are none here")


def simulate(
    world: World,
    scenarios: Sequence[Scenario],
    company: Company,
    *,
    keep_days: bool = False,
    fault: Callable[[Access], Access] = lambda access: access,
) -> list[Tally]:
    """Run each scenario through the world. `keep_days` keeps stock and refusals by day and item. Raises Leak if a piece is lost.

    `fault` may wrap the way stock is split: tests put a fault there.
    """
    known: dict[bool, Outlook] = {}
    tallies = []
    for scenario in scenarios:
        calendar = scenario.ordering.rule in ("quantile", "policy")
        if calendar not in known:
            known[calendar] = outlook(world, calendar)
        access = fault(_access(world, scenario, company))
        tallies.append(_Run(world, scenario, company, known[calendar], access, keep_days).all_days())
    return tallies


def _access(world: World, scenario: Scenario, company: Company) -> Access:
    on_hand = world.on_hand.astype(np.int64)
    if scenario.allocation == "silo":
        return Silo(on_hand, world.rate, offsets(world.world))
    if scenario.allocation == "percent":
        channels, facilities, _ = world.rate.shape
        rows = world.rate.reshape(channels * facilities, -1)
        by_world = np.stack([np.bincount(world.world, row) for row in rows]).reshape(channels, facilities, -1)
        return Percent(by_world[:, :, world.world].astype(np.float64))
    if scenario.allocation == "nested":
        return Nested(company.terms)
    if scenario.allocation == "quotas":
        return Quotas(company.terms, scenario.policy(company.policy).pool_share)
    return Access()


class _Run:
    def __init__(
        self, world: World, scenario: Scenario, company: Company, known: Outlook, access: Access, keep_days: bool
    ) -> None:
        _, _, facilities, items = world.shape
        self.world, self.scenario, self.known, self.access = world, scenario, known, access
        self.buyer = company.buyer(scenario, known)
        self.nearest = company.network.nearest() if scenario.sourcing == "nearest" and facilities > 1 else None
        self.base = offsets(world.world)
        self.on_hand = world.on_hand.astype(np.int64)
        horizon = int(world.lead.max(initial=1)) + 1
        self.coming = np.zeros((horizon, facilities, items), np.int64)
        self.due = np.argmax(world.arrivals > 0, axis=0).astype(np.float64)
        self.pipeline = world.arrivals.sum(axis=0).astype(np.int64)
        self.came = self.on_hand.sum(axis=0)
        self.went = np.zeros(items, np.int64)
        value = np.array([one.value for one in company.terms])
        self.tally = Tally.empty(world, company.network, scenario, value, keep_days)

    def all_days(self) -> Tally:
        for day in range(self.world.shape[0]):
            odd = offsets_of(day, self.base)
            self._deliveries(day, odd)
            self._plan(day)
            self._sales(day, odd)
            self._orders(day)
            self.tally.end_of_day(day, self.on_hand, self.pipeline)
        return self.tally

    def _deliveries(self, day: int, odd: Floats) -> None:
        slot = day % len(self.coming)
        got = self.coming[slot] + self.world.arrivals[day]
        self.coming[slot] = 0
        self.on_hand += got
        self.pipeline -= got
        self.came += got.sum(axis=0)
        self.access.arrived(odd, got)
        # the next one after it is the next review's
        self.due = np.where(got > 0, np.maximum(day + 1.0, self.due + self.scenario.ordering.every_days), self.due)

    def _plan(self, day: int) -> None:
        """Tell the allocator what to expect until the next delivery."""
        if not isinstance(self.access, Nested):
            return
        every = self.scenario.ordering.every_days
        if day % REFRESH == 0:
            self.rate = self.known.rate(day)
            total = np.maximum(1e-9, self.rate.sum(axis=0))
            self.variance = self.rate * (self.known.spread(day) ** 2 / total)
            held = self.scenario.held_back
            safety = self.buyer.reserve(day) if held else np.zeros_like(total)
            self.buffer = pieces(safety * held)
            self.ahead = self.known.lifted(day, REFRESH)[:, None, :]
        without = every - day % every + self.world.lead_mean
        left = np.where(self.pipeline > 0, np.maximum(1.0, self.due - day), without)
        mean = self.rate * left * self.ahead
        self.access.expect(mean, np.sqrt(self.variance * left * self.ahead), self.buffer)

    def _sales(self, day: int, odd: Floats) -> None:
        demand = self.world.demand[day]
        asked = self.world.asked_at[day]
        scarce = self.access.scarce(demand, asked, self.on_hand)
        items = np.flatnonzero(scarce.any(axis=0))
        left = asked.astype(np.int64)
        if items.size:
            cut = self.access.cut(odd[items], items, self.on_hand[:, items])
            sales = sell(day, odd[items], demand[:, :, items], cut, self.nearest)
            self.tally.scarce(day, items, demand[:, :, items], sales)
            left[:, items] = sales.left
            self.went[items] -= sales.refused.sum(axis=(0, 1))
            self.access.sold(demand, items, sales.from_quota)
        else:
            self.access.sold(demand, items, None)
        self.on_hand -= left
        self.went += self.world.asked_of[day]
        self._books(day)

    def _books(self, day: int) -> None:
        """What came less what customers got is what is there: counted by the customers, not by the shelves."""
        wrong = np.flatnonzero(self.on_hand.sum(axis=0) != self.came - self.went)
        if wrong.size or self.on_hand.min(initial=0) < 0:
            raise Leak(f"day {day}: {wrong.size} items whose pieces don't add up, {(self.on_hand < 0).sum()} below zero")

    def _orders(self, day: int) -> None:
        rule = self.scenario.ordering
        if day % rule.every_days:
            return
        if rule.rule != "none":
            wanted = self.buyer.wanted(day)
            lacking = self.access.lacks(wanted.up_to, self.known.rate(day), self.on_hand)
            self._place(day, self.buyer.order(wanted, wanted.up_to - lacking + self.pipeline))

    def _place(self, day: int, ordered: Integers) -> None:
        comes = np.round(ordered * self.world.comes[day]).astype(np.int64)
        slot = (day + self.world.lead[day].astype(np.int64)) % len(self.coming)
        place, item = np.nonzero(comes)
        self.coming[slot[place, item], place, item] += comes[place, item]
        self.due = np.where((self.pipeline == 0) & (comes > 0), day + self.world.lead_mean, self.due)
        self.pipeline += comes
        self.tally.ordered(day, ordered)
