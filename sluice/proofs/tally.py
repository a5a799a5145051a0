"""How often, how fast, what went wrong: written by many threads."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

SHOWN = 5


class Tally:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.told: list[str] = []
        """The first faults in full."""
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, what: str, count: int = 1) -> None:
        with self._lock:
            self.counts[what] += count

    def fault(self, what: str, error: BaseException) -> None:
        with self._lock:
            self.faults[type(error).__name__] += 1
            if len(self.told) < SHOWN:
                self.told.append(f"{what}: {type(error).__name__}: {error}".strip())

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Counts and times the block, unless it raises."""
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        with self._lock:
            self.counts[what] += 1
            self._seconds[what].append(took)

    def latency(self, what: str) -> dict[str, float]:
        """p50, p95 and p99 in milliseconds; empty where nothing was timed."""
        ordered = sorted(self._seconds[what])
        if not ordered:
            return {}
        return {f"p{percent}": round(ordered[len(ordered) * percent // 100] * 1000, 2) for percent in (50, 95, 99)}
