{{ config(materialized='view') }}

with journeys as (
    select * from {{ ref('order_journey') }}
),

keys as (
    select * from {{ ref('customer_keys') }}
),

events as (
    select
        keys.customer_key,
        journeys.occurred_at,
        journeys.event,
        journeys.channel,
        journeys.shop,
        journeys.order_id,
        journeys.record_id,
        journeys.amount,
        journeys.currency
    from journeys
    inner join keys
        on
            journeys.channel = keys.channel
            and journeys.shop = keys.shop
            and journeys.customer_id = keys.customer_id
)

select * from events
