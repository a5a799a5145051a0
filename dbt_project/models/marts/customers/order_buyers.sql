{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'order_id', 'customer_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}],
        pre_hook="{{ touched_since_last_build(ref('fct_orders'), ['channel', 'shop', 'order_id', 'customer_id']) }}"
    )
}}

with orders as (
    select * from {{ ref('fct_orders') }}
    where customer_id is not null {% if is_incremental() %} and {{ of_touched('order_id') }} {% endif %}
),

buyers as (
    select
        channel,
        shop,
        order_id,
        customer_id,
        loaded_at
    from orders
)

select * from buyers
