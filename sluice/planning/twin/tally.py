"""What a run came to, counted by item, so that it can be added up over any set of items or drawn again for an interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.day import Sales
from sluice.planning.twin.scenario import Scenario
from sluice.planning.twin.world import Network, World

Integers = NDArray[np.int64]
Floats = NDArray[np.floating]

COUNTS = (
    "asked",
    "refused",
    "worth",
    "asked_cells",
    "refused_cells",
    "stock",
    "empty",
    "shelves",
    "order_lines",
    "ordered",
    "across",
    "kilometres",
    "orders",
    "splits",
)
"""pieces asked for and refused; worth of the pieces sold, a piece of the best channel 1; (channel, facility) days with demand,
and with a refusal; pieces on hand and shelves that are empty in the evening, and all shelves, each summed over days; order lines
and pieces ordered; pieces sent from another facility, piece kilometres; customers' orders, and those of them sent in two
parcels."""


@dataclass(slots=True)
class Tally:
    """`value` (C): worth of a piece. `counts` (S) by name, see COUNTS. `daily`, where kept: `stock` in the evening and `refused`
    (T, F, S), and by channel `refused_by` (T, C, S)."""

    world: World
    network: Network
    scenario: Scenario
    value: Floats
    counts: dict[str, Floats]
    daily: dict[str, Integers]

    @classmethod
    def empty(cls, world: World, network: Network, scenario: Scenario, value: Floats, keep_days: bool) -> "Tally":
        days, _, facilities, items = world.shape
        counted: dict[str, Floats] = {name: np.zeros(items) for name in COUNTS}
        demand = world.demand[world.warmup :]
        by_facility = world.asked_at[world.warmup :].sum(axis=0)
        by_channel = demand.sum(axis=(0, 2))
        counted["asked"] += by_facility.sum(axis=0)
        counted["worth"] += value @ by_channel
        counted["asked_cells"] += np.count_nonzero(demand, axis=(0, 1, 2))
        counted["shelves"] += (days - world.warmup) * facilities
        counted["kilometres"] += np.diag(network.km) @ by_facility
        counted["orders"] += counted["asked"] / network.pieces_an_order
        kept = {name: np.zeros((days, facilities, items), np.int64) for name in ("stock", "refused")}
        kept["refused_by"] = np.zeros((days, len(value), items), np.int64)
        return cls(world, network, scenario, value, counted, kept if keep_days else {})

    def scarce(self, day: int, items: Integers, demand: Integers, sales: Sales) -> None:
        """A day on which not all was served from the own facility."""
        refused = sales.refused
        if self.daily:
            self.daily["refused"][day][:, items] = refused.sum(axis=0)
            self.daily["refused_by"][day][:, items] = refused.sum(axis=1)
        if day < self.world.warmup:
            return
        counted = self.counts
        counted["refused"][items] += refused.sum(axis=(0, 1))
        counted["worth"][items] -= self.value @ refused.sum(axis=1)
        counted["refused_cells"][items] += np.count_nonzero(refused, axis=(0, 1))
        counted["orders"][items] -= refused.sum(axis=(0, 1)) / self.network.pieces_an_order
        km = self.network.km
        counted["kilometres"][items] -= np.einsum("cfn,f->n", refused, np.diag(km))
        if sales.across is not None:
            sent = sales.across.sum(axis=0)
            counted["across"][items] += sent.sum(axis=(0, 1))
            counted["kilometres"][items] += np.einsum("fgn,fg->n", sent, km - np.diag(km)[:, None])
            self._splits(day, items, sales.across.sum(axis=2))

    def _splits(self, day: int, items: Integers, across: Integers) -> None:
        """Orders in two parcels. An order takes its lines at random from what its channel sells at its facility that day; with
        the share x sent from elsewhere, an order of l lines stays whole with probability (1 - x)^l + x^l."""
        some = np.flatnonzero(across.any(axis=(0, 1)))
        world = self.world.world
        worlds = int(world.max()) + 1
        places = across.shape[0] * across.shape[1]
        sent = across[:, :, some].reshape(places, -1)
        of = world[items[some]]
        from_elsewhere = np.stack([np.bincount(of, row, worlds) for row in sent])
        asked = np.add.reduceat(
            self.world.demand[day].reshape(places, -1), np.flatnonzero(np.diff(world, prepend=-1)), axis=1, dtype=np.float64
        )
        share = np.clip(from_elsewhere / np.maximum(1.0, asked), 0.0, 1.0)
        lines = np.arange(1, len(self.network.lines) + 1)
        whole = ((1 - share[..., None]) ** lines + share[..., None] ** lines) @ self.network.lines
        splits = asked / self.network.pieces_an_order * (1 - whole)
        a_piece = splits / np.maximum(1.0, from_elsewhere)
        self.counts["splits"][items[some]] += (sent * a_piece[:, of]).sum(axis=0)

    def ordered(self, day: int, pieces: Integers) -> None:
        if day >= self.world.warmup:
            self.counts["order_lines"] += np.count_nonzero(pieces, axis=0)
            self.counts["ordered"] += pieces.sum(axis=0)

    def end_of_day(self, day: int, on_hand: Integers, pipeline: Integers) -> None:
        if self.daily:
            self.daily["stock"][day] = on_hand
        if day >= self.world.warmup:
            self.counts["stock"] += on_hand.sum(axis=0)
            self.counts["empty"] += (on_hand == 0).sum(axis=0)

    def by_unit(self) -> Floats:
        """(units, counts): COUNTS added up over the items of each unit of the world."""
        return np.stack([np.bincount(self.world.unit, self.counts[name]) for name in COUNTS], axis=1)
