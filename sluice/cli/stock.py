"""`sluice stock`: look into the ledger, and prove it."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console

from sluice.cli.ledger import instant, ledger
from sluice.cli.tables import print_json, print_table, text
from sluice.config import ConfigError
from sluice.operations.verify import verify

Row = dict[str, Any]

POSITIONS = """
select
    facility_id, a.on_hand, a.committed, a.held, a.presale_reserve, a.presale_promised, a.unsellable, a.safety_stock,
    a.available, a.is_known, a.counted_at,
    coalesce(i.incoming_quantity, 0) as incoming_quantity, i.next_expected_at
from (select * from ops.available where sku = %(sku)s) as a
full join (
    select facility_id, sum(quantity - received_quantity)::integer as incoming_quantity, min(expected_at) as next_expected_at
    from ops.incoming where sku = %(sku)s and status = 'open' and quantity > received_quantity group by facility_id
) as i using (facility_id)
order by facility_id
"""
PLATFORMS = """
select
    p.channel, p.shop, p.facility_id, p.on_hand, p.reserved, p.incoming, p.unsellable, p.is_facility_stock, p.as_of,
    published.quantity as published
from unified.platform_stock as p
left join lateral (
    select sum(newest.quantity)::integer as quantity from (
        select distinct on (o.listing_id) o.quantity from ops.outbox as o
        where o.channel = p.channel and o.shop = p.shop and o.facility_id = p.facility_id and o.sku = p.sku and o.state = 'sent'
        order by o.listing_id, o.message_id desc
    ) as newest
) as published on true
where p.sku = %(sku)s
order by p.channel, p.shop, p.facility_id
"""
COMPONENTS = "select component_sku as sku, quantity from ops.kits where bundle_sku = %(sku)s order by component_sku"
PROMISES = """
select
    c.facility_id, c.sku, p.po_channel, p.po_shop, p.po_id, p.po_line_id, p.promised_at, c.channel, c.shop, c.order_id, c.line_id,
    c.ordered_at, coalesce(p.quantity, 0) as quantity
from ops.commitments as c
left join ops.presale_promises as p using (channel, shop, order_id, line_id, sku)
where c.is_presale and c.quantity > c.activated and (%(sku)s::text is null or c.sku = %(sku)s) and p.quantity is not null
union all
select
    c.facility_id, c.sku, null, null, null, null, null, c.channel, c.shop, c.order_id, c.line_id, c.ordered_at,
    (c.quantity - c.activated - coalesce(p.quantity, 0))::integer
from ops.commitments as c
left join (
    select channel, shop, order_id, line_id, sku, sum(quantity) as quantity from ops.presale_promises group by 1, 2, 3, 4, 5
) as p using (channel, shop, order_id, line_id, sku)
where
    c.is_presale and c.quantity - c.activated > coalesce(p.quantity, 0) and (%(sku)s::text is null or c.sku = %(sku)s)
order by 1, 2, 7 nulls last, 12, 8, 9, 10, 11
"""
REDATED = """
select changed_at, channel, shop, order_id, line_id, sku, old_promised_at, new_promised_at
from ops.promise_changes
where changed_at > %(since)s and old_promised_at is not null and (%(sku)s::text is null or sku = %(sku)s)
order by changed_at, channel, shop, order_id, line_id
"""
PLACES = "select facility_id from ops.stock_positions where sku = %(sku)s"
MOVEMENTS = """
select
    movement_id, recorded_at, occurred_at, facility_id, kind, quantity, on_hand, committed, held, presale_reserve,
    presale_promised, unsellable, disposition, channel, shop, order_id, line_id, hold_id, reference, movement_key
from ops.stock_movements
where sku = %(sku)s and facility_id = any(%(facilities)s)
order by movement_id desc limit %(limit)s
"""
HOLDS = """
select
    h.hold_id, h.channel, h.shop, h.state, h.on_review, h.order_id, h.created_at, h.expires_at, h.ended_at, h.reason,
    ops.hold_of(h.hold_id) -> 'lines' as lines
from ops.holds as h
where
    (%(ended)s or h.state in ('held', 'confirmed'))
    and (%(sku)s::text is null or exists (select from ops.hold_lines as l where l.hold_id = h.hold_id and l.sku = %(sku)s))
order by h.created_at desc, h.hold_id limit %(limit)s
"""
OVERSELLS = """
select s.facility_id, s.sku, s.pieces, s.orders, coalesce(f.counted_at >= now() - o.stale_after, false) as is_known
from ops.oversells as s
cross join ops.stock_policy as o
left join ops.stock_feeds as f on f.facility_id = s.facility_id
order by s.pieces desc, s.facility_id, s.sku
"""
EFFECTS = ("on_hand", "committed", "held", "presale_reserve", "presale_promised", "unsellable")


def show(sku: str, as_json: bool) -> None:
    """A SKU where it is: position, what may be sold, when it was counted, what is coming, whom that is promised to."""
    with ledger() as db:
        facilities, components = _rows(db, POSITIONS, sku=sku), _rows(db, COMPONENTS, sku=sku)
        waiting = _rows(db, PROMISES, sku=sku)
        # Made with the first shop that is connected.
        (is_told,) = db.execute("select to_regclass('unified.platform_stock') is not null").fetchone() or (False,)
        platforms = _rows(db, PLATFORMS, sku=sku) if is_told else []
    if not facilities and not components and not platforms:
        raise ConfigError(f"the ledger has never seen the SKU {sku}")
    if as_json:
        print_json({"sku": sku, "facilities": facilities, "components": components, "presales": waiting, "platforms": platforms})
        return
    headings = ("facility", "on hand", "committed", "held", "presale", "safety", "available", "counted (UTC)", "incoming")
    names = ("facility_id", "on_hand", "committed", "held", "presale_reserve", "safety_stock", "available")
    if facilities:
        rows = [[*(row[name] for name in names), _counted(row), _coming(row)] for row in facilities]
        print_table(f"{sku}: pieces", headings, rows)
    if components:
        parts = ", ".join(f"{one['quantity']} x {one['sku']}" for one in components)
        Console().print(f"{sku} is a bundle of {parts}: as many are available as the scarcest of them allows.", highlight=False)
    if platforms:
        _show_platforms(sku, platforms)
    if waiting:
        _show_promises(waiting)


def _show_platforms(sku: str, rows: Sequence[Row]) -> None:
    """What platforms count themselves, beside the numbers that they were told."""
    names = ("on_hand", "reserved", "incoming", "unsellable", "published", "as_of")
    shown = [[f"{row['channel']}/{row['shop']}", row["facility_id"], *map(_told, (row[name] for name in names))] for row in rows]
    headings = ("platform", "where", "on hand", "reserved", "incoming", "unsellable", "told by us", "read (UTC)")
    print_table(f"{sku}: pieces as the platforms count them", headings, shown)


def _told(value: object) -> str:
    return "" if value is None else text(value)


def check(as_json: bool) -> int:
    """Derive every position and every commitment again. 1 where something differs."""
    with ledger() as db:
        db.rollback()
        found = verify(db)
    if as_json:
        print_json({name: getattr(found, name) for name in found.__slots__})
    elif found.differences:
        headings = ("what", "facility", "sku", "kept", "recomputed")
        print_table(f"{len(found.differences):,} differences", headings, [list(row.values()) for row in found.differences])
    else:
        Console().print(
            f"No difference: {found.items:,} items are the sum of {found.movements:,} movements, and of what {found.orders:,} "
            "orders and the holds say.",
            highlight=False,
            soft_wrap=True,
        )
    return 1 if found.differences else 0


def movements(sku: str, facility: str | None, limit: int, as_json: bool) -> None:
    """An item's ledger, newest first."""
    with ledger() as db:
        places = [
            row["facility_id"] for row in _rows(db, "select facility_id from ops.stock_positions where sku = %(sku)s", sku=sku)
        ]
        if not places:
            raise ConfigError(f"the ledger has never seen the SKU {sku}")
        if facility and facility not in places:
            raise ConfigError(f"{sku} was never at {facility}, but at {', '.join(sorted(places))}")
        rows = _rows(db, MOVEMENTS, sku=sku, facilities=[facility] if facility else places, limit=limit)
    if as_json:
        print_json(rows)
        return
    shown = [
        [row["movement_id"], row["occurred_at"], row["facility_id"], row["kind"], row["quantity"], _effect(row), _cause(row)]
        for row in rows
    ]
    headings = ("movement", "occurred (UTC)", "facility", "kind", "pieces", "changes", "cause")
    print_table(f"{sku}, newest first", headings, shown)


def oversells(as_json: bool) -> None:
    """Items of which more is promised than there is, with the youngest orders, whose pieces are missing."""
    with ledger() as db:
        rows = _rows(db, OVERSELLS)
    if as_json:
        print_json(rows)
    elif not rows:
        Console().print("Nothing is oversold.")
    else:
        headings = ("sku", "facility", "pieces", "counted lately", "by")
        names = ("sku", "facility_id", "pieces")
        known = {True: "yes", False: "no"}
        shown = [[*(row[name] for name in names), known[row["is_known"]], _orders(row["orders"])] for row in rows]
        print_table("Promised beyond what is there", headings, shown)


def presales(sku: str | None, changed_since: str | None, as_json: bool) -> None:
    """Which purchase each waiting piece is promised from; or whose date changed."""
    since = instant(changed_since)
    with ledger() as db:
        rows = _rows(db, REDATED, since=since, sku=sku) if since else _rows(db, PROMISES, sku=sku)
    if as_json:
        print_json(rows)
    elif not rows:
        Console().print("No promise was given another date since." if since else "No presale waits.")
    elif since:
        headings = ("order", "sku", "was promised", "now", "changed (UTC)")
        shown = [
            [_order(row), row["sku"], row["old_promised_at"], row["new_promised_at"] or "none", row["changed_at"]] for row in rows
        ]
        print_table("Given another date", headings, shown)
    else:
        _show_promises(rows)


def holds(sku: str | None, ended: bool, limit: int, as_json: bool) -> None:
    """Strict holds, newest first."""
    with ledger() as db:
        rows = _rows(db, HOLDS, sku=sku, ended=ended, limit=limit)
    if as_json:
        print_json(rows)
    elif not rows:
        Console().print("No hold keeps pieces.")
    else:
        shown = [
            [
                row["hold_id"],
                _shop(row),
                _state(row),
                row["order_id"] or "",
                _lines(row["lines"]),
                row["ended_at"] or row["expires_at"],
            ]
            for row in rows
        ]
        print_table("Holds", ("hold", "shop", "state", "order", "pieces", "ends (UTC)"), shown)


def _rows(db: Connection, query: LiteralString, **values: Any) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def _show_promises(rows: Sequence[Row]) -> None:
    shown = [
        [row["sku"], row["facility_id"], _purchase(row), row["promised_at"] or "no date", row["quantity"], _order(row)]
        for row in rows
    ]
    print_table("Presales that wait", ("sku", "facility", "purchase", "promised", "pieces", "order"), shown)


def _purchase(row: Row) -> str:
    return f"{row['po_id']}/{row['po_line_id']}" if row["po_id"] else "none on its way"


def _shop(row: Row) -> str:
    return f"{row['channel']}/{row['shop']}"


def _end(row: Row) -> object:
    return row["ended_at"] or row["expires_at"]


def _order(row: Row) -> str:
    return f"{_shop(row)} {row['order_id']}"


def _state(row: Row) -> str:
    return str(row["state"]) + (", on review" if row["on_review"] else "")


def _counted(row: Row) -> str:
    if row["counted_at"] is None:
        return "never"
    return text(row["counted_at"]) + ("" if row["is_known"] else ", too old: unknown")


def _coming(row: Row) -> str:
    when = f" from {row['next_expected_at']:%Y-%m-%d}" if row["next_expected_at"] else ""
    return f"{row['incoming_quantity']:,}{when}" if row["incoming_quantity"] else ""


def _effect(row: Row) -> str:
    changes = ", ".join(f"{name.replace('_', ' ')} {row[name]:+,}" for name in EFFECTS if row[name])
    return changes or "nothing"


def _cause(row: Row) -> str:
    order = f"{_order(row)} line {row['line_id']}" if row["order_id"] else None
    hold = f"hold {row['hold_id']}" if row["hold_id"] else None
    return ", ".join(part for part in (order, hold, row["disposition"], row["reference"], row["movement_key"]) if part)


def _orders(orders: Iterable[Row]) -> str:
    return ", ".join(f"{_order(one)} ({one['pieces']})" for one in orders)


def _lines(lines: Iterable[Row]) -> str:
    return ", ".join(f"{one['quantity']} {one['sku']} at {one['facility_id']}" for one in lines)
