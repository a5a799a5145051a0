{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'order_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['channel', 'shop', 'customer_id', 'occurred_at']}],
        pre_hook=[
            "{{ touched_since_last_build(ref('order_changes'), ['channel', 'shop', 'order_id']) }}",
            "{{ take_touched(ref('fct_orders'), 'order_id') }}",
            "{{ take_touched(ref('shipments'), 'order_id') }}",
            "{{ take_touched(ref('refunds'), 'order_id') }}"
        ]
    )
}}

with orders as (
    select * from {{ touched_rows(ref('fct_orders')) }}
    where order_kind = 'sale' and customer_id is not null
),

shipments as (
    select * from {{ touched_rows(ref('shipments')) }}
),

refunds as (
    select * from {{ touched_rows(ref('refunds')) }}
),

happened as (
    {% for event, time in [('ordered', 'ordered_at'), ('paid', 'paid_at'), ('cancelled', 'cancelled_at')] -%}
        select
            channel,
            shop,
            order_id,
            '{{ event }}' as event,
            '' as record_id,
            {{ time }} as occurred_at,
            total_amount as amount,
            currency,
            loaded_at
        from orders
        union all
    {% endfor -%}
    {% for event, time in [('shipped', 'shipped_at'), ('delivered', 'delivered_at')] -%}
        select
            channel,
            shop,
            order_id,
            '{{ event }}' as event,
            shipment_id as record_id,
            {{ time }} as occurred_at,
            null as amount,
            null as currency,
            loaded_at
        from shipments
        union all
    {% endfor -%}
    select
        channel,
        shop,
        order_id,
        case when kind = 'return' then 'return_requested' else 'refund_requested' end as event,
        refund_id as record_id,
        requested_at as occurred_at,
        amount,
        currency,
        loaded_at
    from refunds
    union all
    select
        channel,
        shop,
        order_id,
        case when kind = 'return' then 'returned' else 'refunded' end as event,
        refund_id as record_id,
        completed_at as occurred_at,
        amount,
        currency,
        loaded_at
    from refunds
    where status = 'completed'
),

-- A refund has a row for each line that it is for, and they need not happen at once: the event is its first.
events as (
    select
        happened.channel,
        happened.shop,
        happened.order_id,
        happened.event,
        happened.record_id,
        orders.customer_id,
        min(happened.occurred_at) as occurred_at,
        sum(happened.amount) as amount,
        max(happened.currency) as currency,
        max(greatest(happened.loaded_at, orders.loaded_at)) as loaded_at
    from happened
    inner join orders
        on
            happened.channel = orders.channel
            and happened.shop = orders.shop
            and happened.order_id = orders.order_id
    where happened.occurred_at is not null
    group by
        happened.channel, happened.shop, happened.order_id, happened.event, happened.record_id, orders.customer_id
)

select * from events
