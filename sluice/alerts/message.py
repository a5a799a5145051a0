"""One message for all that opened and closed since the last one: a chat takes twenty messages a minute, a bad night has fifty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sluice.alerts.problems import Severity


@dataclass(frozen=True, slots=True)
class Event:
    """A problem that appeared (`opened`) or is over (`closed`), as one line of a message."""

    alert_id: int
    event: Literal["opened", "closed"]
    severity: Severity
    title: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None

    def line(self) -> str:
        """One bullet of Markdown."""
        since = f"{self.opened_at:%Y-%m-%d %H:%M} UTC"
        if self.closed_at is not None:
            return f"- ✅ **{self.title}** is over (since {since}, until {self.closed_at:%Y-%m-%d %H:%M} UTC)"
        mark = "🔴" if self.severity == "critical" else "🟡"
        detail = f": {' '.join(self.detail.split())}" if self.detail else ""
        return f"- {mark} **{self.title}** (since {since}){detail}"


@dataclass(frozen=True, slots=True)
class Message:
    """What one target is told at once."""

    events: Sequence[Event]

    @property
    def title(self) -> str:
        opened = sum(event.event == "opened" for event in self.events)
        closed = len(self.events) - opened
        parts = [f"{opened} new problem{'s' * (opened != 1)}"] if opened else []
        parts += [f"{closed} over"] if closed else []
        return "Sluice: " + ", ".join(parts)

    def body(self, limit: int) -> str:
        """Markdown of at most `limit` bytes; what does not fit is counted."""
        lines = [event.line() for event in self.events]
        text = "\n".join(lines)
        shown = len(lines)
        while len(text.encode()) > limit and shown > 1:
            shown -= 1
            text = "\n".join([*lines[:shown], f"- … and {len(lines) - shown} more: `sluice status` lists them"])
        return text.encode()[:limit].decode(errors="ignore")
