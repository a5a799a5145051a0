-- By which policy an item is ordered, in lots of how many, and what that policy weighed.
do $$
declare
    name text;
begin
    foreach name in array array['safety_stock', 'reorder_policies'] loop
        execute format($ddl$
            alter table planning.%I
                add column policy text check (policy in ('periodic', 'base_stock', 'r_q', 's_s', 'newsvendor')),
                add column order_quantity integer check (order_quantity > 0),
                add column policy_terms jsonb,
                add constraint lots_are_said check (policy <> 'r_q' or order_quantity is not null)
        $ddl$, name);
        execute format('comment on column planning.%I.policy is %L', name,
            'When and how much of the item is ordered: filled up at each review (periodic), what was sold every day (base_stock), in lots (r_q), filled up from a minimum (s_s), once for a season (newsvendor). Null in runs of before it was kept.');
        execute format('comment on column planning.%I.order_quantity is %L', name, 'The lot of r_q; null where an item is filled up.');
        execute format('comment on column planning.%I.policy_terms is %L', name,
            'What the policy weighed: costs of an order, of a piece and of waiting; of a season its days, demand, price, cost and critical ratio.');
    end loop;
end $$;

alter table planning.runs add column seen jsonb;
comment on column planning.runs.seen is 'Counts of what a plan''s levels were made from: where they are still the same, its levels are.';
