{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('shopee_orders', 'shopee_orders_buyer', 'shop, buyer_user_id collate \"C\"') }}"
    )
}}

with source as (

    select * from {{ source('raw', 'shopee_orders') }}
    where buyer_user_id is not null and _deleted_at is null

),

-- A buyer as the newest order shows them.
ranked as (

    select
        source.*,
        min(create_time) over buyer as first_created,
        max(update_time) over buyer as last_updated,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, buyer_user_id order by create_time desc, order_sn desc) as newest
    from source
    window buyer as (partition by shop, buyer_user_id)

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        shop,
        buyer_user_id as customer_id,

        -- text
        coalesce(nullif(recipient_address_name, '****'), buyer_username) as name,
        cast(null as text) as email,
        nullif(recipient_address_phone, '****') as phone,
        coalesce(nullif(recipient_address_region, ''), region) as country,
        nullif(recipient_address_state, '') as region,
        nullif(recipient_address_city, '') as city,

        -- times
        to_timestamp(first_created) as first_seen_at,
        to_timestamp(last_updated) as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
