{# What tells how many pieces of an item there are. Before the first of them nobody knows, and the item has no history. #}
{% macro tells_stock(kind) -%}
    {{ kind }} in ('snapshot', 'receipt', 'adjustment', 'transfer_in')
{%- endmacro %}


{# The moment that history is built up to. #}
{% macro build_time() -%}
    now()
{%- endmacro %}


{# The day of an instant, and its beginning. No channel tells a facility's own calendar, so its days are UTC's. #}
{% macro utc_day(instant) -%}
    cast({{ instant }} at time zone 'UTC' as date)
{%- endmacro %}


{% macro day_start(day) -%}
    cast({{ day }} as timestamp) at time zone 'UTC'
{%- endmacro %}


{#
  What was asked for of an item in the 90 days up to each day of `days` (facility_id, sku, stock_date), or up to the newest day of
  demand where that is older: a company that was not read from for a week has not stopped selling. Demand enters a running sum on its
  day and leaves it 90 days later, so that a row costs the same however much history there is.
#}
{% macro demand_of_90_days(days) -%}
    select
        facility_id,
        sku,
        stock_date,
        demand_until,
        demand_days,
        cast(demand_quantity as integer) as demand_quantity
    from (
        select
            facility_id,
            sku,
            stock_date,
            at_date as demand_until,
            demand_days,
            sum(quantity) over (partition by facility_id, sku order by at_date) as demand_quantity
        from (
            select
                days.facility_id,
                days.sku,
                days.stock_date,
                least(days.stock_date, history.newest_date) as at_date,
                coalesce(
                    greatest(0, least(90, least(days.stock_date, history.newest_date) - history.oldest_date + 1)), 0
                ) as demand_days,
                0 as quantity
            from {{ days }} as days
            cross join (
                select
                    min(demand_date) as oldest_date,
                    max(demand_date) as newest_date
                from {{ ref('demand_daily') }}
            ) as history
            union all
            select
                demand.facility_id,
                demand.sku,
                cast(null as date) as stock_date,
                changes.at_date,
                0 as demand_days,
                changes.sign * greatest(demand.quantity, 0) as quantity
            from {{ ref('demand_daily') }} as demand
            cross join lateral (
                values (demand.demand_date, 1), (demand.demand_date + 90, -1)
            ) as changes (at_date, sign)
            where
                demand.demand_date > least(
                    (select min(days.stock_date) from {{ days }} as days),
                    (select max(newest.demand_date) from {{ ref('demand_daily') }} as newest)
                ) - 90
                and exists (select 1 from {{ days }} as days)
                -- true of every row: of a range PostgreSQL expects few rows, and looks them up by date
                and demand.demand_date <= (select max(newest.demand_date) from {{ ref('demand_daily') }} as newest)
        ) as entered
    ) as summed
    where stock_date is not null
{%- endmacro %}


{#
  The items to build, from the CTE `told` (when the stock of each was first told): from which day and instant on, and with what. An
  item goes on from what was left the day before, or begins when its stock was first told.
#}
{% macro stock_items_to_build() -%}
    {%- if is_incremental() -%}
    select
        item.facility_id,
        item.sku,
        item.first_date,
        before.stock_date is null as is_new,
        case when before.stock_date is null then told.told_at else {{ day_start('item.first_date') }} end as begins_at,
        coalesce(before.on_hand, 0) as on_hand,
        coalesce(before.available, 0) as available,
        coalesce(before.movement_id, 0) as movement_id
    from (
        select
            facility_id,
            sku,
            min(stock_date) as first_date
        from touched
        group by facility_id, sku
    ) as item
    left join {{ this }} as before
        on before.stock_date = item.first_date - 1 and item.facility_id = before.facility_id and item.sku = before.sku
    left join told on item.facility_id = told.facility_id and item.sku = told.sku
    {%- else -%}
    select
        facility_id,
        sku,
        {{ utc_day('told_at') }} as first_date,
        true as is_new,
        told_at as begins_at,
        0 as on_hand,
        0 as available,
        cast(0 as bigint) as movement_id
    from told
    {%- endif -%}
{%- endmacro %}
