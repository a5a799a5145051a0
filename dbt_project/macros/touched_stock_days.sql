{#
  The days of items to build again (pre-hook): from the first that a new movement happened on, from the first whose demand is not
  what it was, and of every item from the last build's day on, which was not over. With them the movements that they need.
#}
{% macro touched_stock_days() -%}
    {%- set movements, positions = source('ops', 'stock_movements'), source('ops', 'stock_positions') -%}
    {%- set refs = [ref('order_changes'), ref('order_days'), ref('bundle_components')] -%}
    {%- if is_incremental() -%}
    {%- set last = last_stock_build(this) -%}
    {%- set changed = first_changed_demand(last) -%}
    {{ make_touched(['facility_id', 'sku', 'stock_date']) }}
    -- The ledger as of one moment: an item's movements are numbered in the order they are committed, and more come meanwhile.
    create temporary table touched_stock_positions on commit drop as
    select
        position.facility_id,
        position.sku,
        position.movement_id,
        coalesce(built.movement_id, 0) as built_movement_id
    from {{ positions }} as position
    left join {{ this }} as built
        on
            built.stock_date = '{{ last.stock_date }}'
            and position.facility_id collate "default" = built.facility_id
            and position.sku collate "default" = built.sku;
    analyze touched_stock_positions;

    insert into touched (facility_id, sku, stock_date)
    select item.facility_id, item.sku, cast(day as date)
    from (
        select facility_id, sku, min(since) as since
        from (
            {{ items_that_moved(movements) }}
            union all
            select facility_id, sku, stock_date
            from {{ this }}
            where stock_date = '{{ last.stock_date }}'
            {%- if changed %}
            union all
            {{ items_asked_for_otherwise(this, changed) }}
            {%- endif %}
        ) as item
        group by facility_id, sku
    ) as item
    cross join generate_series(item.since, {{ utc_day(build_time()) }}, interval '1 day') as day;
    analyze touched;

    -- of most items only the last build's day and later; of those that begin, or changed further back, all
    create temporary table touched_stock_movements on commit drop as
    select movement.*
    from {{ movements }} as movement
    inner join touched_stock_positions as position
        on movement.facility_id = position.facility_id and movement.sku = position.sku
    where
        movement.occurred_at >= {{ day_start("date '" ~ last.stock_date ~ "'") }}
        and movement.movement_id <= position.movement_id
    union all
    select movement.*
    from (
        select facility_id, sku, min(stock_date) as first_date
        from touched
        group by facility_id, sku
    ) as item
    left join {{ this }} as built
        on
            built.stock_date = item.first_date - 1
            and item.facility_id = built.facility_id
            and item.sku = built.sku
    inner join touched_stock_positions as position
        on position.facility_id = item.facility_id collate "C" and position.sku = item.sku collate "C"
    inner join {{ movements }} as movement
        on movement.facility_id = position.facility_id and movement.sku = position.sku
    where
        (built.sku is null or item.first_date < '{{ last.stock_date }}')
        and movement.occurred_at < {{ day_start("date '" ~ last.stock_date ~ "'") }}
        and movement.movement_id <= position.movement_id;
    analyze touched_stock_movements;
    {%- else -%}
    {{ read_whole() }}
    {%- endif -%}
{%- endmacro %}


{# Items with movements since the last build, and the first day of one of them; of an item whose stock is known at all. #}
{% macro items_that_moved(movements) -%}
    select
        position.facility_id collate "default" as facility_id,
        position.sku collate "default" as sku,
        greatest(min({{ utc_day('movement.occurred_at') }}), min(told.first_date)) as since
    from touched_stock_positions as position
    inner join {{ movements }} as movement
        on
            position.facility_id = movement.facility_id
            and position.sku = movement.sku
            and movement.movement_id > position.built_movement_id
            and movement.movement_id <= position.movement_id
    inner join (
        select facility_id, sku, min({{ utc_day('occurred_at') }}) as first_date
        from {{ movements }}
        where {{ tells_stock('kind') }}
        group by facility_id, sku
    ) as told on position.facility_id = told.facility_id and position.sku = told.sku
    where position.movement_id > position.built_movement_id
    group by position.facility_id, position.sku
{%- endmacro %}


{# Items whose demand of 90 days is not what was built on a day from `since` on, and the first such day. #}
{% macro items_asked_for_otherwise(built, since) -%}
    select built.facility_id, built.sku, min(built.stock_date)
    from {{ built }} as built
    inner join (
        {{ demand_of_90_days("(select facility_id, sku, stock_date from " ~ built ~ " where stock_date >= '" ~ since ~ "')") }}
    ) as demand
        on built.facility_id = demand.facility_id and built.sku = demand.sku and built.stock_date = demand.stock_date
    where
        built.stock_date >= '{{ since }}'
        and (built.demand_quantity, built.demand_days, built.demand_until)
        is distinct from (demand.demand_quantity, demand.demand_days, demand.demand_until)
    group by built.facility_id, built.sku
{%- endmacro %}


{# The newest day of the mart, how far its demand went, and when what that was made of had been loaded. #}
{% macro last_stock_build(built) -%}
    {%- set query -%}
        select
            coalesce(max(stock_date)::text, '-infinity') as stock_date,
            coalesce(max(demand_until)::text, '-infinity') as demand_until,
            coalesce((max(loaded_at) - interval '10 minutes')::text, '-infinity') as loaded_since
        from {{ built }}
        where stock_date = (select max(stock_date) from {{ built }})
    {%- endset -%}
    {%- set row = run_query(query).rows[0] -%}
    {{ return({'stock_date': row[0], 'demand_until': row[1], 'loaded_since': row[2]}) }}
{%- endmacro %}


{# The first day whose 90 days of demand may not be what they were; none where no demand changed, or no day was built. #}
{% macro first_changed_demand(last) -%}
    {%- if last.stock_date == '-infinity' -%}{{ return(none) }}{%- endif -%}
    {%- set query -%}
        select cast(least(min(changed.ordered_date), (date '{{ last.demand_until }}' + 1)) as text)
        from ({{ changed_demand_days(last.loaded_since) }}) as changed
        having min(changed.ordered_date) is not null
    {%- endset -%}
    {%- set rows = run_query(query).rows -%}
    {{ return(rows[0][0] if rows else none) }}
{%- endmacro %}
