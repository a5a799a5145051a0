"""From decisions in force to messages: the number of every listing, queued in the transaction of the decision."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection

from sluice.config import Config, Shop

# A listing's number follows from its SKU's own stock and, for a bundle, from its scarcest component. A facility channel gets a
# number a facility; a total channel their sum. A number that was told already is told again only by a plan, after a message that
# never arrived, or where the shop itself moved pieces since: then its own counter has moved too.
QUEUE = """
with asked as (
    select unnest(%(skus)s::text[]) as sku
    union
    select d.sku from planning.decided as d where %(skus)s::text[] is null
),
kits as materialized (
    select k.bundle_sku, k.component_sku, k.quantity, count(*) over (partition by k.bundle_sku) as parts
    from unified.bundle_components as k
),
wanted as materialized (
    select a.sku from asked as a
    union
    select k.bundle_sku from kits as k inner join asked as a on a.sku = k.component_sku
),
made_of as materialized (
    select w.sku, w.sku as part, 1 as pieces, 1 as parts, false as is_bundle from wanted as w
    union all
    select k.bundle_sku, k.component_sku, k.quantity, k.parts, true from kits as k inner join wanted as w on w.sku = k.bundle_sku
),
in_force as materialized (
    select d.facility_id, d.sku, d.run_id, q.published
    from planning.decided as d
    inner join planning.quotas as q
        on q.run_id = d.run_id and q.facility_id = d.facility_id and q.sku = d.sku
        and q.channel = %(channel)s and q.shop = %(shop)s
    where d.sku in (select m.part from made_of as m)
),
sellable as (
    select p.facility_id, m.sku, min(p.published / m.pieces) as quantity, max(p.run_id) as run_id
    from made_of as m
    inner join in_force as p on p.sku = m.part
    group by p.facility_id, m.sku, m.is_bundle
    having count(*) = max(m.parts)
),
numbers as materialized (
    select
        case when %(by_facility)s then s.facility_id end as facility_id, s.sku, sum(s.quantity)::integer as quantity,
        max(s.run_id) as run_id
    from sellable as s group by 1, 2
),
listed as materialized (
    select l.sku, l.product_id, l.listing_id, l.stock_ref
    from unified.products as l
    where l.channel = %(channel)s and l.shop = %(shop)s and l.status = 'active' and l.sku in (select n.sku from numbers as n)
)
insert into ops.outbox (decision_id, run_id, channel, shop, sku, product_id, listing_id, stock_ref, facility_id, quantity)
select
    concat_ws(':', n.run_id, %(channel)s::text, %(shop)s::text, l.listing_id, n.facility_id), n.run_id, %(channel)s, %(shop)s,
    n.sku, l.product_id, l.listing_id, l.stock_ref, n.facility_id, n.quantity
from numbers as n
inner join listed as l on l.sku = n.sku
left join lateral (
    select o.quantity, o.state from ops.outbox as o
    where
        o.channel = %(channel)s and o.shop = %(shop)s and o.listing_id = l.listing_id
        and coalesce(o.facility_id, '') = coalesce(n.facility_id, '')
    order by o.message_id desc limit 1
) as last on true
where
    %(everything)s or last.quantity is distinct from n.quantity or last.state = 'dead'
    or exists (select from made_of as m where m.sku = n.sku and m.part = any(%(moved)s::text[]))
order by l.listing_id, n.facility_id
on conflict (decision_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A shop that takes numbers: one a facility, or one a listing."""

    channel: str
    shop: str
    by_facility: bool

    @property
    def name(self) -> str:
        return f"{self.channel}/{self.shop}"


def outlet(shop: Shop) -> Outlet | None:
    """The shop as one that takes numbers; None where its channel takes none."""
    kept_by = shop.takes
    return Outlet(shop.connector, shop.shop, kept_by == "facility") if kept_by else None


def outlets(config: Config) -> dict[Outlet, Shop]:
    """All connected shops that take numbers."""
    return {found: shop for shop in config.channels if (found := outlet(shop))}


def queue(
    db: Connection, outlet: Outlet, skus: Sequence[str] | None = None, moved: Sequence[str] = (), everything: bool = False
) -> int:
    """Queue the numbers in force of these SKUs (None: all) and of the bundles they are in; how many there are to send.

    In the caller's transaction, and in its turn to decide. `moved` are SKUs of which the shop itself sold or took back pieces
    since they were last decided. Once a decision, listing and facility, however often it is called.
    """
    values = {
        "skus": None if skus is None else list(skus),
        "moved": list(moved),
        "everything": everything,
        "channel": outlet.channel,
        "shop": outlet.shop,
        "by_facility": outlet.by_facility,
    }
    return db.execute(QUEUE, values).rowcount
