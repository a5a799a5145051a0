"""Requests that come at once are done together: one thread, one transaction for all that wait, one commit to pay for.

A lone request goes at once: what has queued while the thread worked is its next batch, it never waits for more to come.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Asked, Answer]):
    request: Asked
    answer: Future[Answer] = field(default_factory=Future)


class GroupCommit(Generic[Asked, Answer]):
    """Does requests in a thread of its own, at most `most` at once; what was asked before it stops is answered before it ends.

    `together` does a batch and answers each in its order, or raises. `alone` then says, by the fault and the size of the batch,
    whether a request may have failed for another's sake: if so each is tried alone. `first` is run before all.
    """

    def __init__(
        self,
        name: str,
        together: Callable[[Sequence[Asked]], Sequence[Answer]],
        alone: Callable[[Exception, int], bool],
        most: int,
        first: Callable[[], None] | None = None,
    ) -> None:
        self._together = together
        self._alone = alone
        self._most = most
        self._first = first
        self._queue: SimpleQueue[_Waiting[Asked, Answer] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Do what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    @property
    def waiting(self) -> int:
        """How many requests have not begun."""
        return self._queue.qsize()

    def ask(self, request: Asked) -> Future[Answer]:
        """The answer comes when it is committed. Cancelled before its turn, nothing is done."""
        waiting: _Waiting[Asked, Answer] = _Waiting(request)
        self._queue.put(waiting)
        return waiting.answer

    def _run(self) -> None:
        if self._first:
            self._first()
        ends = False
        while not ends:
            batch, ends = self._next()
            if batch:
                self._do(batch)

    def _next(self) -> tuple[list[_Waiting[Asked, Answer]], bool]:
        """All that wait, at least one unless it was cancelled; whether to end after them."""
        batch: list[_Waiting[Asked, Answer]] = []
        one = self._queue.get()
        while one is not None:
            if one.answer.set_running_or_notify_cancel():
                batch.append(one)
            if len(batch) == self._most:
                return batch, False
            try:
                one = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _do(self, batch: Sequence[_Waiting[Asked, Answer]]) -> None:
        fault = self._try(batch)
        if fault is None:
            return
        if self._alone(fault, len(batch)):
            # no more than its kind: what it says may be personal
            log.info("%s: %s at once failed (%s) and are tried alone", self._thread.name, len(batch), type(fault).__name__)
            for one in batch:
                its_own = self._try([one])
                if its_own is not None:
                    one.answer.set_exception(its_own)
            return
        for one in batch:
            one.answer.set_exception(fault)

    def _try(self, batch: Sequence[_Waiting[Asked, Answer]]) -> Exception | None:
        """Answer them all, or say what went wrong."""
        try:
            answers = self._together([one.request for one in batch])
        except Exception as fault:  # whatever it is, someone waits for an answer
            return fault
        for one, answer in zip(batch, answers, strict=True):
            one.answer.set_result(answer)
        return None
