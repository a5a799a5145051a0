{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['event_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['channel', 'shop', 'order_id', 'axis']}],
        pre_hook="{{ touched_since_last_build(
            source('ops', 'order_events'), ['event_id', 'channel', 'shop', 'order_id'], loaded_at='recorded_at'
        ) }}"
    )
}}

-- All events of the touched orders: how long a status lasted is known from the one before.
with events as (
    select * from {{ source('ops', 'order_events') }}
    {% if is_incremental() %} where {{ of_touched('order_id') }} {% endif %}
),

timed as (
    select
        *,
        lag(occurred_at) over (partition by channel, shop, order_id, axis order by event_id) as previous_at
    from events
),

changes as (
    select
        event_id,
        channel,
        shop,
        order_id,
        axis,
        from_status,
        to_status,
        occurred_at,
        previous_at,
        round(cast(extract(epoch from occurred_at - previous_at) as numeric) / 3600, 4) as hours_in_from_status,
        recorded_at as loaded_at
    from timed
)

select * from changes
