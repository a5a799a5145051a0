"""Faults on demand: how many of a channel's coming answers are to be spoiled, and how."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

COUNTED = ("malformed", "throttle", "server_error", "truncate")
"""A record that breaks its contract, a rate limit, a 5xx, a body cut in half: each a number of coming answers."""


ALLOWED = dict.fromkeys(COUNTED, "a whole number, 0 or more") | {
    "refuse": "true or false",
    "hang_seconds": "a number of seconds from 0 to 600",
}


class UnknownFault(ValueError):
    """The message names the key and what is allowed."""


def _check(name: str, value: Any) -> None:
    if name not in ALLOWED:
        raise UnknownFault(f"{name}: no such fault; there are {', '.join(ALLOWED)}")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "refuse": isinstance(value, bool),
        "hang_seconds": is_number and 0 <= value <= 600,
    }.get(name, is_number and isinstance(value, int) and value >= 0)
    if not fits:
        raise UnknownFault(f"{name}: {value!r} won't do; it must be {ALLOWED[name]}")


@dataclass(slots=True)
class Faults:
    """The plan of faults. Counted ones are used up, `refuse` lasts until it is taken back, `hang_seconds` delays one answer."""

    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    refusing: set[str] = field(default_factory=set)
    hanging: dict[str, float] = field(default_factory=dict)

    def plan(self, channel: str, **wanted: Any) -> None:
        """Set the faults of one channel; those not named stay. Raises UnknownFault, and then nothing is set."""
        for name, value in wanted.items():
            _check(name, value)
        for name in COUNTED:
            if name in wanted:
                self.counts[channel, name] = wanted[name]
        if "refuse" in wanted:
            (self.refusing.add if wanted["refuse"] else self.refusing.discard)(channel)
        if "hang_seconds" in wanted:
            self.hanging[channel] = wanted["hang_seconds"]

    def take(self, channel: str, name: str) -> bool:
        """Whether this answer is to be spoiled so; one is used up if it is."""
        if not self.counts.get((channel, name)):
            return False
        self.counts[channel, name] -= 1
        return True

    def take_all(self, channel: str, name: str) -> int:
        """How many are left, all used up at once: for an answer that can hold several malformed records."""
        left = self.counts.get((channel, name), 0)
        self.counts[channel, name] = 0
        return left

    def refused(self, channel: str) -> bool:
        """Whether the channel turns its credentials away."""
        return channel in self.refusing

    def hang(self, channel: str) -> float:
        """Seconds that this answer has to wait; the next one does not."""
        return self.hanging.pop(channel, 0.0)

    def left(self, channel: str) -> dict[str, float]:
        """What is still planned."""
        counts: dict[str, float] = {name: self.counts.get((channel, name), 0) for name in COUNTED}
        return counts | {"refuse": channel in self.refusing, "hang_seconds": self.hanging.get(channel, 0.0)}
