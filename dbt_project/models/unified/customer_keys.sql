{#- Collations are named: a join of two of them would not know which to compare by. -#}
with customers as (
    select
        channel collate "C" as channel,
        shop collate "C" as shop,
        customer_id collate "C" as customer_id
    from {{ ref('customers') }}
),

crosswalk as (
    select * from {{ source('customers', 'crosswalk') }}
),

keyed as (
    select
        customers.channel,
        customers.shop,
        customers.customer_id,
        coalesce(
            crosswalk.customer_key,
            customers.own_key(customers.channel, customers.shop, customers.customer_id)
        ) as customer_key
    from customers
    left join crosswalk
        on
            customers.channel = crosswalk.channel
            and customers.shop = crosswalk.shop
            and customers.customer_id = crosswalk.customer_id
)

select * from keyed
