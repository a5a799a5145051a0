"""Faults on demand: how many of a channel's coming answers are to be spoiled, and how."""

from collections import defaultdict
from dataclasses import dataclass, field

COUNTED = ("malformed", "throttle", "server_error", "truncate")
"""A record that breaks its contract, a rate limit, a 5xx, a body cut in half: each a number of coming answers."""


class UnknownFault(ValueError):
    """The message names the key and what is allowed."""


@dataclass(slots=True)
class Faults:
    """The plan of faults. Counted ones are used up, `refuse` lasts until it is taken back, `hang_seconds` delays one answer."""

    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    refusing: set[str] = field(default_factory=set)
    hanging: dict[str, float] = field(default_factory=dict)

    def plan(self, channel: str, **wanted: float) -> None:
        """Set the faults of one channel; those not named stay. Raises UnknownFault."""
        unknown = [name for name in wanted if name not in (*COUNTED, "refuse", "hang_seconds")]
        if unknown:
            raise UnknownFault(f"{', '.join(unknown)}: no such fault; there are {', '.join(COUNTED)}, refuse, hang_seconds")
        for name in COUNTED:
            if name in wanted:
                self.counts[channel, name] = int(wanted[name])
        if "refuse" in wanted:
            (self.refusing.add if wanted["refuse"] else self.refusing.discard)(channel)
        if "hang_seconds" in wanted:
            self.hanging[channel] = float(wanted["hang_seconds"])

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
