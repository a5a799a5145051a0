{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'order_id', 'ordered_date'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}],
        pre_hook="{{ touched_since_last_build(ref('fct_orders'), ['channel', 'shop', 'order_id', 'ordered_date']) }}"
    )
}}

with orders as (
    select * from {{ ref('fct_orders') }}
    where ordered_date is not null {% if is_incremental() %} and {{ of_touched('order_id') }} {% endif %}
),

days as (
    select
        channel,
        shop,
        order_id,
        ordered_date,
        loaded_at
    from orders
)

select * from days
