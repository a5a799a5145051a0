{{ config(materialized='view') }}

with found as (
    select * from {{ source('customers', 'value') }}
),

history as (
    select
        customer_key,
        as_of,
        lead(as_of) over (partition by customer_key order by as_of) as until_date,
        recency_days,
        frequency,
        net_revenue,
        recency_score,
        frequency_score,
        monetary_score,
        segment,
        value_tier,
        churn_probability,
        expected_purchases,
        expected_spend,
        clv,
        clv_low,
        clv_high
    from found
)

select * from history
