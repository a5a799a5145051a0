-- Hold pieces for checkouts, many in one transaction and in their order: what a commit costs is shared. `p_requests` is
-- [{"hold_id", "channel", "shop", "lines": [{"sku", "quantity"}], "for_seconds", "facility_id"}]; the answers come in the same order.
-- All lines of a request or none. Bundles are taken apart and what lines share is added up. Where one facility has all of it, it is
-- held there; else a facility a SKU, since an order line ships from one. The same hold_id again gives the hold that there is.
-- Refused: {"hold_id", "state": "refused", "short": [{"sku", "wanted", "available"}]}, nothing is kept.
create function ops.hold_many(p_requests jsonb) returns setof jsonb language plpgsql
set plan_cache_mode = force_generic_plan -- planning it takes several times as long as doing it
as $$
declare
    is_amiss boolean;
    -- lines: whose request, for whom, where (null: anywhere), what, how many
    request integer[]; ids text[]; channels text[]; shops text[]; places text[]; wants text[]; wanted integer[];
    -- items, and how many of each are free yet
    facilities text[]; skus text[]; free integer[];
    -- candidates, by line: an item that may serve it, the shop's own quota of it, what is kept for others
    line_of integer[]; item integer[]; stock integer[]; quota integer[]; others integer[];
    offer integer[]; best integer[]; -- by candidate; by line: the candidate that offers most
    first_line integer := 1; last_line integer; first_candidate integer := 1; last_candidate integer;
    one integer; other integer; line integer; fits integer; slack integer; most_slack integer; whole text; short jsonb;
    refused text[] := '{}'; refusals jsonb[] := '{}';
    taken_ids text[] := '{}'; taken_from text[] := '{}'; taken_skus text[] := '{}'; taken integer[] := '{}';
    taken_channels text[] := '{}'; taken_shops text[] := '{}';
begin
    -- Holds before items, each in one order: a batch and a repeat of one of its requests can't wait for each other.
    with asked as materialized (
        select e.r ->> 'hold_id' as hold_id, e.r as said, e.position
        from jsonb_array_elements(p_requests) with ordinality as e (r, position)
    ),
    made as (
        insert into ops.holds (hold_id, channel, shop, expires_at)
        select distinct on (a.hold_id)
            a.hold_id, a.said ->> 'channel', a.said ->> 'shop',
            now() + coalesce(
                make_interval(secs => (a.said ->> 'for_seconds')::double precision), (select o.hold_for from ops.stock_policy as o)
            )
        from asked as a
        order by a.hold_id, a.position
        on conflict (hold_id) do nothing
        returning hold_id
    ),
    lines as (
        select
            f.position, min(f.hold_id) as hold_id, min(f.said ->> 'channel') as channel, min(f.said ->> 'shop') as shop,
            min(f.said ->> 'facility_id') as place, coalesce(k.component_sku, l.sku) as sku,
            sum(l.quantity * coalesce(k.quantity, 1))::integer as quantity,
            bool_or(l.sku is null or l.quantity is null or l.quantity <= 0) as is_amiss
        from (
            select distinct on (a.hold_id) a.* from asked as a inner join made as m on m.hold_id = a.hold_id
            order by a.hold_id, a.position
        ) as f
        left join lateral jsonb_to_recordset(f.said -> 'lines') as l (sku text, quantity integer) on true
        left join ops.kits as k on k.bundle_sku = l.sku
        group by f.position, coalesce(k.component_sku, l.sku)
        order by f.position, coalesce(k.component_sku, l.sku)
    )
    select
        array_agg(l.position), array_agg(l.hold_id), array_agg(l.channel), array_agg(l.shop), array_agg(l.place), array_agg(l.sku),
        array_agg(l.quantity), coalesce(bool_or(l.is_amiss), false)
    into request, ids, channels, shops, places, wants, wanted, is_amiss
    from lines as l;
    if is_amiss then
        raise exception 'a hold needs lines, each with a sku and a quantity above 0' using errcode = 'invalid_parameter_value';
    end if;

    select array_agg(p.facility_id), array_agg(p.sku) into facilities, skus from ops.stock_positions as p
    where
        p.sku = any(wants) and p.facility_id <> 'default'
        and (p.facility_id = any(places) or array_position(places, null) is not null);
    perform ops.lock_positions(facilities, skus);
    select array_agg(c.line), array_agg(c.item), array_agg(c.stock), array_agg(c.quota), array_agg(c.others)
    into line_of, item, stock, quota, others
    from (
        select
            w.line, i.item, case when a.is_known then a.available else 0 end as stock, q.quota,
            coalesce(t.quota_total, 0) + q.protected as others
        from unnest(wants, channels, shops, places) with ordinality as w (sku, channel, shop, place, line)
        inner join unnest(facilities, skus) with ordinality as i (facility_id, sku, item)
            on i.sku = w.sku and i.facility_id = coalesce(w.place, i.facility_id)
        inner join ops.available as a on a.facility_id = i.facility_id and a.sku = i.sku
        left join planning.quotas as q
            on q.run_id = a.run_id and q.facility_id = a.facility_id and q.sku = a.sku and q.channel = w.channel and q.shop = w.shop
        left join planning.stock_plan as t on t.run_id = a.run_id and t.facility_id = a.facility_id and t.sku = a.sku
        order by w.line, i.facility_id
    ) as c;

    offer := array_fill(0, array[coalesce(cardinality(item), 0)]);
    free := array_fill(0, array[coalesce(cardinality(skus), 0)]);
    best := array_fill(null::integer, array[coalesce(cardinality(wants), 0)]);
    for one in 1 .. coalesce(cardinality(item), 0) loop
        free[item[one]] := stock[one];
    end loop;
    while first_line <= cardinality(wants) loop
        last_line := first_line;
        while request[last_line + 1] = request[first_line] loop
            last_line := last_line + 1;
        end loop;
        last_candidate := first_candidate - 1;
        while line_of[last_candidate + 1] <= last_line loop
            last_candidate := last_candidate + 1;
            -- as in ops.offers
            offer[last_candidate] := greatest(0, case
                when quota[last_candidate] is null then free[item[last_candidate]]
                else least(
                    free[item[last_candidate]],
                    quota[last_candidate] + greatest(0, free[item[last_candidate]] - others[last_candidate])
                )
            end);
            line := line_of[last_candidate];
            if best[line] is null or offer[last_candidate] > offer[best[line]] then
                best[line] := last_candidate;
            end if;
        end loop;

        short := null;
        for line in first_line .. last_line loop
            if best[line] is null or offer[best[line]] < wanted[line] then
                short := coalesce(short, '[]') || jsonb_build_object(
                    'sku', wants[line], 'wanted', wanted[line], 'available', coalesce(offer[best[line]], 0)
                );
            end if;
        end loop;
        if short is not null then
            refused := refused || ids[first_line];
            refusals := refusals || jsonb_build_object('hold_id', ids[first_line], 'state', 'refused', 'short', short);
        else
            whole := null;
            most_slack := -1;
            if last_line > first_line then
                one := first_candidate;
                while line_of[one] = first_line loop
                    slack := offer[one] - wanted[first_line];
                    fits := 1;
                    for other in one + 1 .. last_candidate loop
                        if line_of[other] > first_line and facilities[item[other]] = facilities[item[one]] then
                            slack := least(slack, offer[other] - wanted[line_of[other]]);
                            fits := fits + 1;
                        end if;
                    end loop;
                    if fits = last_line - first_line + 1 and slack > most_slack then
                        most_slack := slack;
                        whole := facilities[item[one]];
                    end if;
                    one := one + 1;
                end loop;
            end if;
            for other in first_candidate .. last_candidate loop
                line := line_of[other];
                if (whole is null and best[line] = other) or facilities[item[other]] = whole then
                    free[item[other]] := free[item[other]] - wanted[line];
                    taken_ids := taken_ids || ids[line];
                    taken_channels := taken_channels || channels[line];
                    taken_shops := taken_shops || shops[line];
                    taken_from := taken_from || facilities[item[other]];
                    taken_skus := taken_skus || wants[line];
                    taken := taken || wanted[line];
                end if;
            end loop;
        end if;
        first_line := last_line + 1;
        first_candidate := last_candidate + 1;
    end loop;

    if refused <> '{}' then
        delete from ops.holds where hold_id = any(refused);
    end if;
    if taken <> '{}' then
        with kept as (
            insert into ops.hold_lines (hold_id, facility_id, sku, quantity)
            select * from unnest(taken_ids, taken_from, taken_skus, taken)
        )
        insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, held, channel, shop, hold_id)
        select now(), t.facility_id, t.sku, 'hold', t.quantity, t.quantity, t.channel, t.shop, t.hold_id
        from unnest(taken_ids, taken_channels, taken_shops, taken_from, taken_skus, taken) as t (
            hold_id, channel, shop, facility_id, sku, quantity
        );
    end if;
    return query
    select coalesce(f.answer, ops.hold_of(e.r ->> 'hold_id'))
    from jsonb_array_elements(p_requests) with ordinality as e (r, position)
    left join unnest(refused, refusals) as f (hold_id, answer) on f.hold_id = e.r ->> 'hold_id'
    order by e.position;
end $$;

-- One hold. `p_lines` is [{"sku", "quantity"}].
create function ops.hold(
    p_hold_id text, p_channel text, p_shop text, p_lines jsonb, p_for interval default null, p_facility text default null
) returns jsonb language plpgsql as $$
begin
    return (
        select h from ops.hold_many(jsonb_build_array(jsonb_build_object(
            'hold_id', p_hold_id, 'channel', p_channel, 'shop', p_shop, 'lines', p_lines,
            'for_seconds', extract(epoch from p_for), 'facility_id', p_facility
        ))) as h
    );
end $$;
