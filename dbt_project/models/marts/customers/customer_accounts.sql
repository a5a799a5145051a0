{{ config(materialized='view') }}

-- A view, so that the person of a customer is never that of an earlier build.
with customers as (
    select * from {{ ref('dim_customers') }}
),

crosswalk as (
    select * from {{ source('customers', 'crosswalk') }}
),

accounts as (
    select
        coalesce(
            crosswalk.customer_key,
            customers.own_key(customers.channel, customers.shop, customers.customer_id)
        ) as customer_key,
        customers.channel,
        customers.shop,
        customers.customer_id,
        customers.name_masked,
        customers.email_masked,
        customers.phone_masked,
        customers.country,
        customers.region,
        customers.city,
        customers.first_seen_at,
        customers.updated_at,
        greatest(customers.loaded_at, crosswalk.since_at) as loaded_at
    from customers
    left join crosswalk
        on
            customers.channel = crosswalk.channel
            and customers.shop = crosswalk.shop
            and customers.customer_id = crosswalk.customer_id
)

select * from accounts
