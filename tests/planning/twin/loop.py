"""The twin as one would write it down first: an event a piece, no arrays. The peer in tests and in the benchmark."""

from math import ceil

from sluice.planning.safety_stock import FUZZ
from sluice.planning.twin.knowledge import FAITH, WINDOW
from sluice.planning.twin.scenario import Ordering
from sluice.planning.twin.world import World


def shelf(world: World, ordering: Ordering, place: int, item: int) -> tuple[list[int], list[int], int]:
    """One item at one facility, everybody sees everything, ordering by days of cover: stock each evening, pieces refused each
    day, order lines."""
    days = world.shape[0]
    on_hand = int(world.on_hand[place, item])
    on_order = sorted((day, int(world.arrivals[day, place, item])) for day in range(days) if world.arrivals[day, place, item] > 0)
    first_rate = float(world.rate[:, place, item].astype("float64").sum())
    seen: list[int] = []
    stock, refused, lines = [], [], 0
    for day in range(days):
        while on_order and on_order[0][0] == day:
            on_hand += on_order.pop(0)[1]
        lost = sold = 0
        for channel in range(world.shape[1]):
            for _piece in range(int(world.demand[day, channel, place, item])):
                if on_hand > 0:
                    on_hand -= 1
                    sold += 1
                else:
                    lost += 1
        if day % ordering.every_days == 0:
            window = seen[-WINDOW:]
            faith = max(1, FAITH - day)
            rate = (sum(window) + faith * first_rate) / (len(window) + faith)
            exact = rate * ordering.cover_days
            missing = ceil(exact - FUZZ * max(1.0, exact)) - on_hand - sum(pieces for _, pieces in on_order)
            if missing > 0:
                lines += day >= world.warmup
                comes = round(missing * float(world.comes[day, place, item]))
                if comes:
                    on_order.append((day + int(world.lead[day, place, item]), comes))
                    on_order.sort()
        seen.append(sold + lost)
        stock.append(on_hand)
        refused.append(lost)
    return stock, refused, lines
