"""Every channel behind a proxy that spoils its answers: what is landed in the end must be what the channel has."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from psycopg import Connection as Database

from sluice import warehouse
from sluice.channels.protocol import ChannelError, Connection, Connector
from sluice.landing.delivery import LandingError
from sluice.landing.land import land
from sluice.landing.reconcile import Reconciliation, reconcile
from sluice.operations.reconciliation import HALF_A_CENT, mend
from sluice.proofs.faults import CLEAN, FAULTS, Fault, Stage
from sluice.proofs.spoiled import Answer, Proxy, Seen, Spoil, proxied

SOON = timedelta(minutes=1)
AT_ONCE = 4
"""Channels that are tried beside each other."""


@dataclass(frozen=True, slots=True)
class Played:
    """A channel to try. `connection` leads to it directly; its shop is renamed for each fault, so that cases don't meet."""

    connector: Connector
    connection: Connection
    stage: Stage


@dataclass(frozen=True, slots=True)
class Case:
    """One channel under one fault. `said` is what the first landing ended with, None where it got through.

    Orders: `delivered` are those that the channel counts, `landed` are of them in the warehouse, `quarantined` set aside;
    `missing`, `surplus` and `differing` is what does not agree in the end, `removed` what the platform deleted meanwhile.
    `mended`: reconciliation had to read again. `spoiled` answers or records were not as they should be: where it is 0, `idle`
    says why, and the case shows nothing.
    """

    channel: str
    fault: str
    delivered: int = 0
    landed: int = 0
    quarantined: int = 0
    missing: int = 0
    surplus: int = 0
    differing: int = 0
    removed: int = 0
    said: str | None = None
    spoiled: int = 0
    idle: str | None = None
    mended: bool = False
    broken: str | None = None

    @property
    def holds(self) -> bool:
        """Landed and delivered are the same, but for what is set aside with its reason.

        An order that the platform deleted without a word is kept, and told as surplus; so it is all of those or none.
        """
        return self.broken is None and not (self.missing or self.differing) and self.surplus in (0, self.removed)


@dataclass(frozen=True)
class Verdict:
    cases: list[Case] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return all(case.holds for case in self.cases)

    @property
    def idle(self) -> list[Case]:
        """Cases in which nothing could be spoiled."""
        return [case for case in self.cases if case.idle]


def prove(
    database: str,
    channels: Sequence[Played],
    faults: Sequence[Fault] = FAULTS,
    told: Callable[[Case], None] = lambda case: None,
    reconciling: bool = True,
) -> Verdict:
    """Land every channel under every fault into a prepared database; channels beside each other, faults one after the other.

    Each case is landed spoiled, then once more as the schedule would, then reconciled, which reads again what differs; without
    `reconciling` that is left out, and what a platform hid stays lost.
    """

    def tried(played: Played) -> list[Case]:
        found = []
        with proxied(_host(played.connection.url)) as proxy, warehouse.connect(database) as db:
            # first as it should be: so it is known how each list ends
            for fault in (CLEAN, *faults):
                found.append(_tried(db, played, proxy, fault, reconciling))
                told(found[-1])
        return found

    with ThreadPoolExecutor(AT_ONCE, "prove") as beside:
        return Verdict([case for cases in beside.map(tried, channels) for case in cases])


def shop_of(fault: Fault) -> str:
    """The name of the shop that a fault is tried on."""
    return f"under-{fault.name}"


def _tried(db: Database, played: Played, proxy: Proxy, fault: Fault, reconciling: bool) -> Case:
    connector, stage = played.connector, played.stage
    direct = replace(played.connection, shop=shop_of(fault))
    behind = replace(direct, url=direct.url.replace(_host(direct.url), proxy.url))
    # what a lens changes is changed for whoever counts, too
    counting = behind if fault.lens else direct
    case = Case(connector.name, fault.name)
    touched = _done(stage, fault.before)
    proxy.arm(_doing(stage, fault.during) if fault.during else fault.spoil, fault.times)
    proxy.lens = fault.lens or _as_it_is
    said = _landed(db, connector, replace(behind, now=lambda: direct.now() + fault.skew))
    spoiled = proxy.spoiled + touched + _set_aside(db, connector.name, direct.shop)
    proxy.arm(None)
    try:
        touched = _done(stage, fault.between)
        spoiled += touched
        case = replace(case, removed=touched if fault.removes else 0)
        _landed_well(db, connector, behind)
        found = reconcile(db, connector, counting, direct.since, direct.now() + SOON, HALF_A_CENT)
        db.commit()
        case = replace(case, said=said, spoiled=spoiled)
        if reconciling and found.is_mendable:
            mend(db, connector, behind, direct.since)
            found = reconcile(db, connector, counting, direct.since, direct.now() + SOON, HALF_A_CENT)
            db.commit()
            case = replace(case, mended=True)
        return _counted(_shown(db, case, fault), found)
    except (ChannelError, LandingError) as wrong:
        db.rollback()
        return replace(case, said=said, spoiled=spoiled, broken=str(wrong))
    finally:
        proxy.lens = _as_it_is
        stage.restore()


def _as_it_is(answer: Answer) -> Answer:
    return answer


def _done(stage: Stage, deed: str | None) -> int:
    touched: int = getattr(stage, deed)() if deed else 0
    return touched


def _doing(stage: Stage, deed: str) -> Spoil:
    def spoil(seen: Seen) -> Answer:
        _done(stage, deed)
        # what the channel said of a moment that is over
        return replace(seen.answer, headers={**seen.answer.headers, "X-Proof": deed})

    return spoil


def _shown(db: Database, case: Case, fault: Fault) -> Case:
    """Whether what was done is in the warehouse, where that can be seen; why nothing was done, if so."""
    spoiled = case.spoiled
    if fault.shows:
        row = db.execute(fault.shows, (case.channel, shop_of(fault))).fetchone()
        db.commit()
        spoiled = int(row[0]) if row else 0
    idle = fault.idle if not spoiled and fault.name != CLEAN.name else None
    return replace(case, spoiled=spoiled, idle=idle)


def _set_aside(db: Database, channel: str, shop: str) -> int:
    """Records of the shop that are in quarantine."""
    query = "select count(*) from raw.quarantine where channel = %s and shop = %s and resolved_at is null"
    row = db.execute(query, (channel, shop)).fetchone()
    db.commit()
    return int(row[0]) if row else 0


def _landed(db: Database, connector: Connector, connection: Connection) -> str | None:
    """Land each stream, whatever became of the others; what went wrong, if anything did.

    Those of orders first: few answers are spoiled, and an ERP tells of much else before them.
    """
    said = None
    for stream in sorted(connector.streams, key=lambda stream: stream.order_key is None):
        try:
            land(db, connector, connection, stream)
        except (ChannelError, LandingError) as wrong:
            db.rollback()
            said = said or f"{stream.name}: {wrong}"
    return said


def _landed_well(db: Database, connector: Connector, connection: Connection) -> None:
    for stream in connector.streams:
        land(db, connector, connection, stream)


def _counted(case: Case, found: Reconciliation) -> Case:
    return replace(
        case,
        delivered=found.claimed_orders,
        landed=found.held_orders,
        quarantined=found.quarantined_orders,
        missing=found.missing_orders,
        surplus=found.surplus_orders,
        differing=found.differing_orders,
    )


def _host(url: str) -> str:
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc}"
