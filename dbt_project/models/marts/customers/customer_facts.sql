{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['customer_key'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}],
        pre_hook=[
            "{{ touched_persons() }}",
            "{{ take_touched(ref('fct_orders'), 'customer_id', 'touched_customer_accounts') }}",
            "{{ take_touched(ref('refunds'), 'order_id', 'touched_fct_orders') }}",
            "{{ take_touched(ref('consents'), 'customer_id', 'touched_customer_accounts') }}",
            "{{ read_whole() }}"
        ]
    )
}}

with accounts as (
    select * from {{ touched_rows(ref('customer_accounts')) }}
),

refunds as (
    select * from {{ touched_rows(ref('refunds')) }}
),

-- Of contacts the newest that is known, whichever shop knows it.
people as (
    select
        customer_key,
        cast(count(*) as integer) as account_count,
        array_to_string(array_agg(distinct channel order by channel), ', ') as channels,
        {{ newest('name_masked') }} as name_masked,
        {{ newest('email_masked') }} as email_masked,
        {{ newest('phone_masked') }} as phone_masked,
        {{ newest('country') }} as country,
        {{ newest('region') }} as region,
        {{ newest('city') }} as city,
        min(first_seen_at) as first_seen_at,
        max(loaded_at) as loaded_at
    from accounts
    group by customer_key
),

-- Who took back a consent in one shop is written to by none.
consents as (
    select
        accounts.customer_key,
        case
            when bool_or(consents.state = 'unsubscribed') then false
            when bool_or(consents.state = 'subscribed') then true
            else false
        end as accepts_marketing
    from {{ touched_rows(ref('consents')) }} as consents
    inner join accounts
        on
            consents.channel = accounts.channel
            and consents.shop = accounts.shop
            and consents.customer_id = accounts.customer_id
    where consents.medium = 'email'
    group by accounts.customer_key
),

open_refunds as (
    select
        channel,
        shop,
        order_id,
        count(distinct refund_id) as refund_count
    from refunds
    where status in ('requested', 'approved', 'return_in_transit')
    group by channel, shop, order_id
),

orders as (
    select
        accounts.customer_key,
        orders.*,
        not orders.is_cancelled as is_sold,
        orders.items_amount_base - orders.discount_amount_base - orders.refunded_amount_base as net_revenue_base,
        coalesce(open_refunds.refund_count, 0) as open_refund_count,
        orders.fulfilment_status = 'failed'
        or orders.promised_at < now() and orders.fulfilment_status in ('unfulfilled', 'on_hold', 'partially_shipped')
            as is_late
    from {{ touched_rows(ref('fct_orders')) }} as orders
    inner join accounts
        on
            orders.channel = accounts.channel
            and orders.shop = accounts.shop
            and orders.customer_id = accounts.customer_id
    left join open_refunds
        on
            orders.channel = open_refunds.channel
            and orders.shop = open_refunds.shop
            and orders.order_id = open_refunds.order_id
    where orders.order_kind = 'sale'
),

-- The same sales that the metric net_sales counts: those that were not cancelled, less what was paid back.
bought as (
    select
        customer_key,
        count(*) filter (where is_sold) as order_count,
        count(*) filter (where not is_sold) as cancelled_order_count,
        count(distinct ordered_date) filter (where is_sold) as purchase_days,
        min(ordered_at) filter (where is_sold) as first_order_at,
        max(ordered_at) filter (where is_sold) as last_order_at,
        min(ordered_date) filter (where is_sold) as first_purchase_date,
        max(ordered_date) filter (where is_sold) as last_purchase_date,
        sum(unit_count) filter (where is_sold) as unit_count,
        sum(refunded_unit_count) filter (where is_sold) as returned_unit_count,
        count(*) filter (where is_sold and refunded_amount > 0) as refunded_order_count,
        max(base_currency) as base_currency,
        sum(net_revenue_base) filter (where is_sold) as net_revenue_base,
        sum(refunded_amount_base) filter (where is_sold) as refunded_amount_base,
        bool_or(is_sold and (uncosted_unit_count > 0 or margin_amount_base is null)) as lacks_a_cost,
        sum(margin_amount_base) filter (where is_sold) as margin_amount_base,
        count(*) filter (where order_status = 'open') as open_order_count,
        count(*) filter (where is_sold and is_late) as late_order_count,
        sum(open_refund_count) as open_refund_count,
        max(loaded_at) as loaded_at
    from orders
    group by customer_key
),

joined as (
    select
        people.customer_key,
        people.account_count,
        people.channels,
        people.name_masked,
        people.email_masked,
        people.phone_masked,
        people.country,
        people.region,
        people.city,
        people.first_seen_at,
        consents.accepts_marketing,
        bought.first_order_at,
        bought.last_order_at,
        bought.first_purchase_date,
        bought.last_purchase_date,
        cast(coalesce(bought.purchase_days, 0) as integer) as purchase_days,
        cast(coalesce(bought.order_count, 0) as integer) as order_count,
        cast(coalesce(bought.cancelled_order_count, 0) as integer) as cancelled_order_count,
        cast(coalesce(bought.refunded_order_count, 0) as integer) as refunded_order_count,
        cast(coalesce(bought.unit_count, 0) as integer) as unit_count,
        cast(coalesce(bought.returned_unit_count, 0) as integer) as returned_unit_count,
        bought.base_currency,
        coalesce(bought.net_revenue_base, 0) as net_revenue_base,
        coalesce(bought.refunded_amount_base, 0) as refunded_amount_base,
        case when not bought.lacks_a_cost then bought.margin_amount_base end as margin_amount_base,
        cast(coalesce(bought.open_order_count, 0) as integer) as open_order_count,
        cast(coalesce(bought.late_order_count, 0) as integer) as late_order_count,
        cast(coalesce(bought.open_refund_count, 0) as integer) as open_refund_count,
        greatest(people.loaded_at, bought.loaded_at) as loaded_at
    from people
    left join consents on people.customer_key = consents.customer_key
    left join bought on people.customer_key = bought.customer_key
)

select * from joined
