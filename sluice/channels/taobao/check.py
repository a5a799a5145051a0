"""What keeps a Taobao shop from being read in full: a clock that is off, rights that the app lacks."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from sluice.channels.protocol import ChannelError
from sluice.channels.taobao.gateway import Gateway
from sluice.channels.taobao.items import on_sale
from sluice.channels.taobao.windows import FEEDS, TYPES

SKEW = timedelta(minutes=5)
"""Half of what the platform bears: a clock that is off by this much is on its way out."""


def missing(gateway: Gateway) -> Iterator[str]:
    """Each as a sentence; writing is not tried. Raises Refused, ChannelError where not even the time is told."""
    now = gateway.now()
    off = abs(gateway.clock() - now)
    if off > SKEW:
        minutes = round(off.total_seconds() / 60)
        yield f"this machine's clock is {minutes} minutes off Taobao's, which refuses calls from 10 on: set it by a time server"

    def changed(name: str) -> Callable[[], object]:
        feed, start = FEEDS[name], now - timedelta(hours=1)
        window = {"start_modified": start, "end_modified": now, "page_no": 1, "page_size": 1, "use_has_next": True}
        return lambda: gateway.call(feed.method, fields=feed.key, type=TYPES, **window)

    tries = {FEEDS[name].method: changed(name) for name in FEEDS} | {"taobao.items.onsale.get": lambda: on_sale(gateway, 1, 1)}
    for method, attempt in tries.items():
        try:
            attempt()
        except ChannelError as fault:
            yield f"{method} can't be called: {fault}"
