-- ---------------------------------------------------------------------------------------------------------------------------
-- Proof: everything derived, derived again
-- ---------------------------------------------------------------------------------------------------------------------------

-- What differs; no row where the ledger is sound.
create function ops.verify_stock() returns table (what text, facility_id text, sku text, kept bigint, recomputed bigint)
language sql stable as $$
    with moved as (
        select m.facility_id, m.sku, sum(m.on_hand) as on_hand, sum(m.committed) as committed, sum(m.held) as held,
            sum(m.presale_reserve) as presale_reserve, sum(m.presale_promised) as presale_promised, sum(m.unsellable) as unsellable
        from ops.stock_movements as m group by m.facility_id, m.sku
    ),
    promised as (
        select c.facility_id, c.sku, sum(c.quantity) filter (where not c.is_presale) as committed,
            sum(c.activated) filter (where c.is_presale) as presale_reserve,
            sum(c.quantity - c.activated) filter (where c.is_presale) as presale_promised
        from ops.commitments as c group by c.facility_id, c.sku
    ),
    holding as (
        select l.facility_id, l.sku, sum(l.quantity) as held
        from ops.hold_lines as l inner join ops.holds as h on h.hold_id = l.hold_id
        where h.state in ('held', 'confirmed') group by l.facility_id, l.sku
    )
    select d.what, d.facility_id, d.sku, d.kept, d.recomputed
    from ops.stock_positions as p
    full join moved as m on m.facility_id = p.facility_id and m.sku = p.sku
    full join promised as c on c.facility_id = coalesce(p.facility_id, m.facility_id) and c.sku = coalesce(p.sku, m.sku)
    full join holding as h
        on h.facility_id = coalesce(p.facility_id, m.facility_id, c.facility_id) and h.sku = coalesce(p.sku, m.sku, c.sku)
    cross join lateral (
        select coalesce(p.facility_id, m.facility_id, c.facility_id, h.facility_id) as facility_id,
            coalesce(p.sku, m.sku, c.sku, h.sku) as sku
    ) as i
    cross join lateral (
        values
        ('on hand, by its movements', i.facility_id, i.sku, coalesce(p.on_hand, 0)::bigint, coalesce(m.on_hand, 0)::bigint),
        ('committed, by its movements', i.facility_id, i.sku, coalesce(p.committed, 0), coalesce(m.committed, 0)),
        ('held, by its movements', i.facility_id, i.sku, coalesce(p.held, 0), coalesce(m.held, 0)),
        ('presale reserve, by its movements', i.facility_id, i.sku, coalesce(p.presale_reserve, 0), coalesce(m.presale_reserve, 0)),
        ('presale promised, by its movements', i.facility_id, i.sku, coalesce(p.presale_promised, 0), coalesce(m.presale_promised, 0)),
        ('unsellable, by its movements', i.facility_id, i.sku, coalesce(p.unsellable, 0), coalesce(m.unsellable, 0)),
        ('committed, by order lines', i.facility_id, i.sku, coalesce(p.committed, 0), coalesce(c.committed, 0)),
        ('presale reserve, by order lines', i.facility_id, i.sku, coalesce(p.presale_reserve, 0), coalesce(c.presale_reserve, 0)),
        ('presale promised, by order lines', i.facility_id, i.sku, coalesce(p.presale_promised, 0), coalesce(c.presale_promised, 0)),
        ('held, by holds', i.facility_id, i.sku, coalesce(p.held, 0), coalesce(h.held, 0))
    ) as d (what, facility_id, sku, kept, recomputed)
    where d.kept <> d.recomputed
$$;
