{{ config(materialized='view', schema='personal') }}

with keys as (
    select * from {{ ref('customer_keys') }}
),

customers as (
    select
        channel collate "C" as channel,
        shop collate "C" as shop,
        customer_id collate "C" as customer_id,
        name,
        email,
        phone
    from {{ ref('customers') }}
),

contacts as (
    select
        keys.customer_key,
        keys.channel,
        keys.shop,
        keys.customer_id,
        customers.name,
        customers.email,
        customers.phone
    from customers
    inner join keys
        on
            customers.channel = keys.channel
            and customers.shop = keys.shop
            and customers.customer_id = keys.customer_id
)

select * from contacts
