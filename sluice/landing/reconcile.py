"""Reconciliation: the channel's own list of orders and totals, held against what the warehouse says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from sluice.channels import protocol
from sluice.channels.protocol import Connector, Forgetful, OrderClaim, Stream
from sluice.landing.names import quoted
from sluice.landing.shape import shape

SHOWN = 20
"""Ids of each kind of fault that are kept."""


@dataclass(frozen=True)
class Reconciliation:
    """Orders created in [since, until): claimed by the channel = held + quarantined + missing.

    `surplus` are held but not claimed, though the channel never said that they are gone; `differing` are held with another total
    or currency. Totals are by currency; the held ones count every order in the window.
    """

    channel: str
    shop: str
    since: datetime
    until: datetime
    claimed_orders: int
    held_orders: int
    quarantined_orders: int
    missing_orders: int
    surplus_orders: int
    differing_orders: int
    claimed_totals: dict[str, Decimal] = field(default_factory=dict)
    held_totals: dict[str, Decimal] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Every order is accounted for, and each one's money is the channel's."""
        return not (self.missing_orders or self.surplus_orders or self.differing_orders)

    @property
    def is_mendable(self) -> bool:
        """Whether reading the orders again may help: something is missing, or is not as the channel has it."""
        return bool(self.missing_orders or self.differing_orders)

    def sentence(self) -> str:
        """The outcome for a person."""
        where = f"{self.channel}/{self.shop}"
        money = ", ".join(f"{total:,.2f} {currency}" for currency, total in self.claimed_totals.items()) or "no money"
        aside = f", {self.quarantined_orders:,} in quarantine" if self.quarantined_orders else ""
        if self.agrees:
            return f"{where} agrees: {self.claimed_orders:,} orders, {money}{aside}"
        faults = [
            f"{count:,} {kind} ({', '.join(ids[:3])}{', ...' if count > 3 else ''})"
            for kind, count, ids in (
                ("missing", self.missing_orders, self.missing),
                ("surplus", self.surplus_orders, self.surplus),
                ("differing", self.differing_orders, self.differing),
            )
            if count
        ]
        return f"{where} differs: {'; '.join(faults)}; the channel claims {self.claimed_orders:,} orders, {money}{aside}"

    def metadata(self) -> dict[str, Any]:
        """Counts, totals as text, and ids, for whoever shows them."""
        counts = ("claimed", "held", "quarantined", "missing", "surplus", "differing")
        found: dict[str, Any] = {f"{name}_orders": getattr(self, f"{name}_orders") for name in counts}
        found["claimed_totals"] = {currency: str(total) for currency, total in self.claimed_totals.items()}
        found["held_totals"] = {currency: str(total) for currency, total in self.held_totals.items()}
        return found | {name: ids for name in ("missing", "surplus", "differing") if (ids := getattr(self, name))}


def reconcile(
    db: Connection,
    connector: Connector,
    connection: protocol.Connection,
    since: datetime,
    until: datetime,
    tolerance: Decimal = Decimal(0),
) -> Reconciliation:
    """Ask the channel for its claims and compare them, by SQL, with unified.orders and the open quarantine.

    `tolerance` is what one order's total may differ by, in its currency. Raises Refused, ChannelError.
    """
    channel = connector.open(connection)
    if isinstance(channel, Forgetful):
        since = max(since, channel.told_since())
    claims = channel.claims(since, until)
    with db.transaction():
        _write(db, claims)
        # Records that an order is made of; a broken refund excuses no difference.
        made_of = [stream for stream in connector.streams if stream.order_key in stream.key]
        streams = [stream.name for stream in made_of]
        found = {"channel": connector.name, "shop": connection.shop, "since": since, "until": until}
        db.execute("drop table if exists compared")
        db.execute(COMPARED.format(gone=_gone(connector, made_of)), found | {"streams": streams, "tolerance": tolerance})
        return _read(db, connector.name, connection.shop, since, until)


def _write(db: Connection, claims: Iterable[OrderClaim]) -> None:
    """Claims as a temporary table; of two for one order, as paging over a moving list gives, the later counts."""
    db.execute("drop table if exists claims")
    db.execute("create temp table claims (order_id text primary key, total numeric, currency text) on commit drop")
    latest = {claim.order_id: claim for claim in claims}
    with db.cursor() as cursor, cursor.copy("copy claims from stdin") as copy:
        for claim in latest.values():
            copy.write_row((claim.order_id, claim.total, claim.currency))
    db.execute("analyze claims")


def _gone(connector: Connector, streams: Sequence[Stream]) -> str:
    """Orders that the channel said it no longer has: held as cancelled, claimed by nobody."""
    tables = [(one.main.name, one.order.column) for one in (shape(connector.name, stream) for stream in streams) if one.order]
    selects = [
        f"select {quoted(order)}::text as order_id from raw.{quoted(table)} where shop = %(shop)s and _deleted_at is not null"
        for table, order in tables
    ]
    return " union all ".join(selects) or "select null::text as order_id where false"


# Held by id whatever the order's time, so that a difference of clocks makes no order missing; an order is surplus only within
# the window. A key in quarantine is what the channel delivered last, so the older form that may be held beside it counts not.
COMPARED = """
create temp table compared on commit drop as
with
    quarantined as (
        select distinct coalesce(order_id, key) as order_id
        from raw.quarantine
        where channel = %(channel)s and shop = %(shop)s and stream = any(%(streams)s) and resolved_at is null
    ),
    gone as ({gone}),
    held as (
        select order_id, total_amount, currency, ordered_at >= %(since)s and ordered_at < %(until)s as in_window
        from unified.orders
        where channel = %(channel)s and shop = %(shop)s
    )
select
    coalesce(c.order_id, h.order_id) as order_id,
    c.total as claimed_total,
    c.currency as claimed_currency,
    h.total_amount as held_total,
    h.currency as held_currency,
    case
        when c.order_id is not null and q.order_id is not null then 'quarantined'
        when h.order_id is null then 'missing'
        when c.order_id is null and q.order_id is not null then 'quarantined unclaimed'
        when c.order_id is null and h.order_id in (select order_id from gone) then 'deleted'
        when c.order_id is null then 'surplus'
        when abs(c.total - h.total_amount) <= %(tolerance)s and c.currency = h.currency then 'held'
        else 'differing'
    end as verdict
from claims as c
full join held as h on h.order_id = c.order_id
left join quarantined as q on q.order_id = coalesce(c.order_id, h.order_id)
where c.order_id is not null or h.in_window
"""


def _read(db: Connection, channel: str, shop: str, since: datetime, until: datetime) -> Reconciliation:
    counts: dict[str, int] = dict(db.execute("select verdict, count(*) from compared group by verdict").fetchall())
    ids = {verdict: _ids(db, verdict) for verdict in ("missing", "surplus", "differing")}
    return Reconciliation(
        channel,
        shop,
        since,
        until,
        claimed_orders=sum(counts.get(verdict, 0) for verdict in ("held", "differing", "quarantined", "missing")),
        held_orders=sum(counts.get(verdict, 0) for verdict in ("held", "differing")),
        quarantined_orders=counts.get("quarantined", 0),
        missing_orders=counts.get("missing", 0),
        surplus_orders=counts.get("surplus", 0),
        differing_orders=counts.get("differing", 0),
        claimed_totals=_totals(db, "claimed"),
        held_totals=_totals(db, "held"),
        **ids,
    )


def _ids(db: Connection, verdict: str) -> list[str]:
    rows = db.execute('select order_id from compared where verdict = %s order by order_id collate "C" limit %s', (verdict, SHOWN))
    return [row[0] for row in rows]


def _totals(db: Connection, side: str) -> dict[str, Decimal]:
    rows = db.execute(
        f"select {side}_currency, sum({side}_total) from compared where {side}_currency is not null group by 1 order by 1"
    )
    return dict(rows.fetchall())
