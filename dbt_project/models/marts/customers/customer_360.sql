{{ config(materialized='view') }}

-- A view, since value is worked out from what is built here: a table would show that of the run before.
with facts as (
    select * from {{ ref('customer_facts') }}
),

preferences as (
    select * from {{ ref('customer_preferences') }}
),

worth as (
    select * from {{ source('customers', 'value') }}
    where as_of = (select max(newest.as_of) from {{ source('customers', 'value') }} as newest)
),

whole as (
    select
        facts.customer_key,
        facts.name_masked,
        facts.email_masked,
        facts.phone_masked,
        facts.country,
        facts.region,
        facts.city,
        facts.account_count,
        facts.channels,
        facts.first_seen_at,
        facts.first_order_at,
        facts.last_order_at,
        facts.order_count,
        facts.cancelled_order_count,
        facts.refunded_order_count,
        facts.unit_count,
        facts.returned_unit_count,
        facts.base_currency,
        facts.net_revenue_base,
        facts.refunded_amount_base,
        facts.margin_amount_base,
        preferences.category as preferred_category,
        preferences.size as preferred_size,
        preferences.price_band as preferred_price_band,
        preferences.channel as preferred_channel,
        preferences.hour_local as preferred_hour_local,
        facts.accepts_marketing,
        facts.open_order_count,
        facts.late_order_count,
        facts.open_refund_count,
        facts.late_order_count + facts.open_refund_count as open_issue_count,
        worth.as_of as value_as_of,
        worth.recency_score,
        worth.frequency_score,
        worth.monetary_score,
        worth.segment,
        worth.value_tier,
        worth.churn_probability,
        worth.expected_purchases,
        worth.clv,
        worth.clv_low,
        worth.clv_high
    from facts
    left join preferences on facts.customer_key = preferences.customer_key
    left join worth on facts.customer_key = worth.customer_key
)

select * from whole
