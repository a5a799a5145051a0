"""What can go wrong between a platform and us, by name."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sluice.proofs import lenses, spoiled
from sluice.proofs.lenses import Lens
from sluice.proofs.spoiled import Spoil

SMALL = "a shop so small gives no occasion"


class Stage(Protocol):
    """What a channel's shop can be asked to do for a case. Each says how many orders or answers it touched."""

    def malform(self) -> int:
        """Records break their contract."""
        ...

    def move(self) -> int:
        """Time passes there."""
        ...

    def throttle(self) -> int:
        """The next calls are too many, in the platform's own words."""
        ...

    def refuse(self) -> int:
        """Our access is no longer good, in the platform's own words."""
        ...

    def hide(self) -> int:
        """Some orders are not there."""
        ...

    def lengthen(self) -> int:
        """An order has a thousand lines."""
        ...

    def tie(self) -> int:
        """All that happened happened in the same two moments."""
        ...

    def enlarge(self) -> int:
        """Ids of orders are numbers past 2**53."""
        ...

    def restore(self) -> int:
        """All is again as it was, but for time."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """`spoil` is done to `times` answers; `during` is a deed of the `Stage` in its place.

    `before` and `between` are deeds done before the shop is landed, and before it is landed again; `removes`: what the second
    touches is gone for good. `lens` changes every answer. `skew` is how far our clock is ahead the first time. `shows` counts, by
    (channel, shop), what must be found in the warehouse in the end. `idle` says why there may be nothing to spoil.
    """

    name: str
    what: str
    spoil: Spoil | None = None
    times: int = 2
    during: str | None = None
    before: str | None = None
    between: str | None = None
    removes: bool = False
    lens: Lens | None = None
    skew: timedelta = timedelta()
    shows: str | None = None
    idle: str = SMALL


LONG = """
select count(*) from (
    select from unified.order_lines where channel = %s and shop = %s group by order_id
    having count(*) >= 1000 or max(quantity) >= 1000
) as o
"""
LARGE = """
select count(*) from unified.orders where channel = %s and shop = %s
    and case when order_id ~ '^[0-9]{16,}$' then order_id::numeric > 9007199254740992 end
"""
MARKED = f"select count(*) from unified.order_lines where channel = %s and shop = %s and title like '%%{lenses.FOUR_BYTES}%%'"
IN_YEN = "select count(*) from unified.orders where channel = %s and shop = %s and currency = 'JPY'"

CLEAN = Fault("none", "nothing is spoiled")
FAULTS = (
    Fault("throttled", "429 with the time to wait", spoiled.throttled, 1),
    Fault("throttled-no-hint", "429 without a hint", spoiled.throttled_without_a_hint),
    Fault("throttled-own-words", "too many calls, as the platform itself says it", before="throttle"),
    Fault("server-errors", "503, several", spoiled.server_error, 3),
    Fault("hang", "no answer, then the connection drops", spoiled.hanging, 1),
    Fault("truncated", "a body shorter than announced", spoiled.truncated),
    Fault("cut", "half a body that looks whole", spoiled.cut),
    Fault("not-the-api", "an HTML page with status 200", spoiled.not_the_api),
    Fault("mislabelled", "the right body as another type", spoiled.mislabelled, 3),
    Fault("expired", "401 in the middle of a walk", spoiled.expired, 1),
    Fault("expired-own-words", "access that ends in the middle of a walk, as the platform says it", times=1, during="refuse",
          between="restore"),
    Fault("repeated-page", "the page before in place of the next", spoiled.repeated, 3),
    Fault("dropped-pages", "a list that ends before its end", spoiled.ended_early, 3),
    Fault("clock-ahead", "our clock is six hours ahead, then right", skew=timedelta(hours=6), between="move"),
    Fault("clock-behind", "our clock is six hours behind, then right", skew=timedelta(hours=-6), between="move"),
    Fault("malformed", "records that break their contract", before="malform"),
    Fault("unknown-fields", "every object has a field nobody knows", lens=lenses.unknown_fields),
    Fault("four-byte", "emoji and rare characters in what was sold", lens=lenses.four_bytes, shows=MARKED,
          idle="its orders name no goods"),
    Fault("zero-decimal", "orders in yen, in a shop that counts in dollars", lens=lenses.zero_decimals, shows=IN_YEN,
          idle="its orders name no dollars"),
    Fault("large-numbers", "ids past 2^53", before="enlarge", shows=LARGE, idle="its ids are text, or shorter numbers"),
    Fault("long-order", "an order of a thousand lines", before="lengthen", shows=LONG),
    Fault("ties", "hundreds of orders that changed in the same moment", before="tie"),
    Fault("late-commit", "orders that appear after later ones were read", before="hide", between="restore"),
    Fault("deleted", "orders that the platform no longer has: told as surplus", between="hide", removes=True),
    Fault("moving", "orders change while their list is read", times=1, during="move"),
)  # fmt: skip
"""Each names what a platform, a network, a clock or a shop does."""
