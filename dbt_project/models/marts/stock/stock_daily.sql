{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['stock_date', 'facility_id', 'sku'],
        on_schema_change='append_new_columns',
        pre_hook="{{ touched_stock_days() }}"
    )
}}

{%- set movements = source('ops', 'stock_movements') %}

with movements as (
    select
        facility_id collate "default" as facility_id,
        sku collate "default" as sku,
        movement_id,
        kind,
        -- a clock that is ahead tells of now
        least(occurred_at, {{ build_time() }}) as moved_at,
        on_hand,
        on_hand - committed - held - presale_reserve as available,
        case when kind = 'receipt' then quantity else 0 end as received,
        case when kind = 'ship' then quantity else 0 end as shipped,
        -- what a facility says came back may be what the channel told of already: then it moved nothing
        case when kind = 'return' then case when movement_key is null then quantity else on_hand end else 0 end as returned,
        case kind when 'transfer_in' then quantity when 'transfer_out' then -quantity else 0 end as transferred
    from {{ touched_rows(movements) }}
),

told as (
    select
        facility_id,
        sku,
        min(moved_at) as told_at
    from movements
    where {{ tells_stock('kind') }}
    group by facility_id, sku
),

items as (
    {{ stock_items_to_build() }}
),

-- What moved before a new item's stock was told is in what it begins with.
moved as (
    select
        items.facility_id,
        items.sku,
        items.available as available_before,
        movements.movement_id,
        greatest(movements.moved_at, items.begins_at) as moved_at,
        {{ utc_day('greatest(movements.moved_at, items.begins_at)') }} as stock_date,
        movements.on_hand,
        movements.available,
        case when movements.moved_at >= items.begins_at then movements.received else 0 end as received,
        case when movements.moved_at >= items.begins_at then movements.shipped else 0 end as shipped,
        case when movements.moved_at >= items.begins_at then movements.returned else 0 end as returned,
        case when movements.moved_at >= items.begins_at then movements.transferred else 0 end as transferred
    from items
    inner join movements on items.facility_id = movements.facility_id and items.sku = movements.sku
    where items.is_new or movements.moved_at >= items.begins_at
),

steps as (
    select
        *,
        available_before + sum(available) over (
            partition by facility_id, sku order by moved_at, movement_id rows unbounded preceding
        ) as left_over,
        lead(moved_at) over (partition by facility_id, sku, stock_date order by moved_at, movement_id) as next_at
    from moved
),

by_day as (
    select
        facility_id,
        sku,
        stock_date,
        min(moved_at) as first_at,
        max(movement_id) as movement_id,
        sum(on_hand) as on_hand,
        sum(available) as available,
        sum(received) as received,
        sum(shipped) as shipped,
        sum(returned) as returned,
        sum(transferred) as transferred,
        sum(
            extract(epoch from coalesce(next_at, least({{ day_start('stock_date + 1') }}, {{ build_time() }})) - moved_at)
        ) filter (where left_over <= 0) as seconds_out
    from steps
    group by facility_id, sku, stock_date
),

days as (
    select
        items.facility_id,
        items.sku,
        cast(day as date) as stock_date,
        items.on_hand,
        items.available,
        items.movement_id,
        greatest({{ day_start('day') }}, items.begins_at) as known_from,
        least({{ day_start("day + interval '1 day'") }}, {{ build_time() }}) as known_until
    from items
    cross join generate_series(
        cast(items.first_date as timestamp), cast({{ utc_day(build_time()) }} as timestamp), interval '1 day'
    ) as series (day)
),

demand as (
    {{ demand_of_90_days('days') }}
),

loads as (
    select max(loaded_at) as loaded_at from {{ ref('demand_daily') }}
),

running as (
    select
        days.stock_date,
        days.facility_id,
        days.sku,
        days.known_from,
        days.known_until,
        by_day.first_at,
        by_day.seconds_out,
        days.on_hand + coalesce(sum(by_day.on_hand) over item, 0) as on_hand,
        days.available + coalesce(sum(by_day.available) over item, 0) as available,
        coalesce(by_day.on_hand, 0) as on_hand_change,
        coalesce(by_day.available, 0) as available_change,
        coalesce(by_day.received, 0) as received,
        coalesce(by_day.shipped, 0) as shipped,
        coalesce(by_day.returned, 0) as returned,
        coalesce(by_day.transferred, 0) as transferred,
        greatest(days.movement_id, max(by_day.movement_id) over item) as movement_id
    from days
    left join by_day
        on days.facility_id = by_day.facility_id and days.sku = by_day.sku and days.stock_date = by_day.stock_date
    window item as (partition by days.facility_id, days.sku order by days.stock_date)
),

daily as (
    select
        running.stock_date,
        running.facility_id,
        running.sku,
        cast(running.on_hand as integer) as on_hand,
        cast(running.available as integer) as available,
        cast(running.received as integer) as received_quantity,
        cast(running.shipped as integer) as shipped_quantity,
        cast(running.returned as integer) as returned_quantity,
        cast(running.transferred as integer) as transferred_quantity,
        cast(
            running.on_hand_change - running.received + running.shipped - running.returned - running.transferred as integer
        ) as adjusted_quantity,
        cast(round(extract(epoch from running.known_until - running.known_from)) as integer) as seconds_known,
        cast(
            round(
                coalesce(running.seconds_out, 0)
                -- until the first movement of the day it is as it was left the day before
                + case
                    when running.available - running.available_change <= 0
                        then extract(epoch from coalesce(running.first_at, running.known_until) - running.known_from)
                    else 0
                end
            ) as integer
        ) as seconds_out,
        demand.demand_quantity,
        demand.demand_days,
        demand.demand_until,
        running.movement_id,
        loads.loaded_at
    from running
    inner join demand
        on running.facility_id = demand.facility_id and running.sku = demand.sku and running.stock_date = demand.stock_date
    cross join loads
)

select * from daily
