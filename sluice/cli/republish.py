"""`sluice republish`: decide anew what moved, and tell the shops, once or until Ctrl-C."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from types import FrameType

from rich.console import Console

from sluice import warehouse
from sluice.alerts.deliver import deliver
from sluice.alerts.send import targets
from sluice.cli.environment import Environment, environment
from sluice.operations.loop import Loop, Shops, once
from sluice.operations.outbox import Outlet, outlets
from sluice.operations.publish import Published
from sluice.operations.republish import Pass

Report = dict[str, object]


def republish(path: Path | None, only_once: bool, as_json: bool) -> int:
    """Exit code 1 when a shop did not take a number; 0 after Ctrl-C."""
    with environment(path) as ready:
        if only_once:
            return _once(ready, as_json)
        console = Console()
        addresses = targets(ready.config.alerts.targets)

        def told(news: Pass | tuple[Outlet, Published]) -> None:
            print(json.dumps(_reported(news)), flush=True) if as_json else console.print(_said(news), highlight=False)

        loop = Loop(lambda: warehouse.connect(ready.database), _shops(ready), told, alerted=lambda db: deliver(db, addresses))
        with _stopped_by_signals(loop):
            loop.run()
        return 0


@contextmanager
def _stopped_by_signals(loop: Loop) -> Iterator[None]:
    """Ctrl-C and its like end the loop between two turns: raised in the middle of a query, they leave its connection busy."""

    def stop(number: int, frame: FrameType | None) -> None:
        # in a thread: this one may hold the lock of the very event that is to be set
        Thread(target=loop.stop, daemon=True).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _once(ready: Environment, as_json: bool) -> int:
    passes, delivered = once(lambda: warehouse.connect(ready.database), _shops(ready))
    if as_json:
        found = {"decisions": [asdict(one) for one in passes if one.run_id is not None]}
        print(json.dumps(found | {"shops": {name: asdict(done) for name, done in delivered.items()}}, indent=2))
    else:
        console = Console()
        for one in passes:
            console.print(_said(one), highlight=False)
        for name, done in delivered.items():
            console.print(_delivered(name, done), highlight=False)
    return 1 if any(done.fault or done.refused for done in delivered.values()) else 0


def _shops(ready: Environment) -> Shops:
    connected = outlets(ready.config)
    return {outlet: lambda shop=shop: shop.type.open(shop.connect()) for outlet, shop in connected.items()}  # type: ignore[misc]


def _reported(news: Pass | tuple[Outlet, Published]) -> Report:
    if isinstance(news, Pass):
        return {"decision": asdict(news)}
    outlet, done = news
    return {"shop": outlet.name, **asdict(done)}


def _said(news: Pass | tuple[Outlet, Published]) -> str:
    if not isinstance(news, Pass):
        return _delivered(news[0].name, news[1])
    if news.run_id is None:
        return "Nothing moved that is not decided."
    queued = ", ".join(f"{count:,} for {name}" for name, count in news.queued.items()) or "no number changed"
    return f"Decision {news.run_id}: {news.items:,} items; {queued}."


def _delivered(name: str, done: Published) -> str:
    said = f"{name}: {done.sent:,} sent, {done.confirmed:,} read back the same"
    if done.refused:
        said += f", {done.refused:,} refused ({done.dead:,} for good)"
    return said + (f"; [red]it takes no more[/]: {done.fault}" if done.fault else "")
