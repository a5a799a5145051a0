{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('amazon_orders', 'amazon_orders_buyer', 'shop, (md5(lower(buyer_buyer_email))) collate \"C\"') }}"
    )
}}

with source as (

    select
        *,
        md5(lower(buyer_buyer_email)) as customer_id
    from {{ source('raw', 'amazon_orders') }}
    where buyer_buyer_email is not null and _deleted_at is null

),

-- A buyer as the newest order shows them.
ranked as (

    select
        source.*,
        min(created_time) over buyer as first_created_time,
        max(last_updated_time) over buyer as latest_updated_time,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, customer_id order by created_time desc, order_id desc) as newest
    from source
    window buyer as (partition by shop, customer_id)

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        shop,
        customer_id,

        -- text
        coalesce(buyer_buyer_name, recipient_delivery_address_name) as name,
        buyer_buyer_email as email,
        recipient_delivery_address_phone as phone,
        recipient_delivery_address_country_code as country,
        recipient_delivery_address_state_or_region as region,
        recipient_delivery_address_city as city,

        -- times
        first_created_time as first_seen_at,
        latest_updated_time as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
