{{ config(materialized='view') }}

with reconciliations as (
    select * from {{ source('ops', 'reconciliations') }}
),

counted as (
    select
        reconciliation_id,
        channel,
        shop,
        at as reconciled_at,
        cast(at at time zone 'UTC' as date) as reconciled_date,
        agrees,
        cast(result ->> 'claimed_orders' as integer) as channel_orders,
        cast(result ->> 'held_orders' as integer) as warehouse_orders,
        cast(result ->> 'missing_orders' as integer) as missing_orders,
        cast(result ->> 'surplus_orders' as integer) as surplus_orders,
        cast(result ->> 'differing_orders' as integer) as differing_orders,
        cast(result ->> 'quarantined_orders' as integer) as quarantined_orders,
        reconciliation_id = max(reconciliation_id) over (partition by channel, shop) as is_newest
    from reconciliations
)

select * from counted
