{{ config(materialized='view') }}

-- A view, so that the person of a customer is never that of an earlier build.
with keys as (
    select * from {{ ref('customer_keys') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

accounts as (
    select
        keys.customer_key,
        customers.channel,
        customers.shop,
        customers.customer_id,
        customers.name_masked,
        customers.email_masked,
        customers.phone_masked,
        customers.country,
        customers.region,
        customers.city,
        customers.first_seen_at
    from customers
    inner join keys
        on
            customers.channel = keys.channel
            and customers.shop = keys.shop
            and customers.customer_id = keys.customer_id
)

select * from accounts
