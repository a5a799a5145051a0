"""What the sandbox's channels share: one world, one clock, the planned faults and the numbers that were published to them."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.faults import Faults
from sluice.sandbox.seasons import AS_OF, END, START
from sluice.sandbox.view import ShopView
from sluice.sandbox.world import World

Built = TypeVar("Built")


class ClockError(ValueError):
    """The clock can't be set so. The message says what is allowed."""


@dataclass(slots=True)
class SandboxState:
    """Held by one process, used from one event loop.

    `published` keeps the quantity last set for (channel, shop, listing_id, facility_id or None). `watching` hear that the clock
    was moved, and from when.
    """

    world: World
    now: datetime = AS_OF
    faults: Faults = field(default_factory=Faults)
    published: dict[tuple[str, str, str, str | None], int] = field(default_factory=dict)
    watching: list[Callable[[datetime], Awaitable[None]]] = field(default_factory=list)
    _built: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now = _within(self.now, START)

    def set_clock(self, now: datetime) -> None:
        """Advance to `now`. Raises ClockError for a time that is past, naive or beyond the world."""
        self.now = _within(now, self.now)
        self._built.clear()

    def advance(self, days: float) -> None:
        """Move the clock on by `days`. Raises ClockError as `set_clock` does."""
        self.set_clock(self.now + timedelta(days=days))

    def cached(self, key: Hashable, build: Callable[[], Built]) -> Built:
        """What `build` makes of the world as it is now: made once, until the clock moves. `key` starts with the channel."""
        if key not in self._built:
            self._built[key] = build()
        return cast(Built, self._built[key])

    def join(self, shop: Shop) -> None:
        """See to it that the world has this shop: one beside its own, told of once somebody asks for it."""
        if (shop.channel, shop.shop) not in self.world.shops:
            self.world = self.world.joined_by(shop)

    def show(self, world: World) -> None:
        """Another world from now on, at the same moment."""
        self.world = world
        self._built.clear()

    def view(self, channel: str, shop: str) -> ShopView:
        """One shop as it stands now. KeyError if there is no such shop."""
        return self.cached((channel, shop, "view"), lambda: self.world.view(channel, shop, self.now))


def _within(now: datetime, first: datetime) -> datetime:
    if now.tzinfo is None:
        raise ClockError("now has no offset from UTC; write one like 2026-11-05T00:00:00Z")
    if not first <= now <= END:
        span = f"from {first.isoformat()} to {END.isoformat()}"
        raise ClockError(f"the clock only goes forward, {span}; {now.isoformat()} is outside")
    return now.astimezone(UTC)
