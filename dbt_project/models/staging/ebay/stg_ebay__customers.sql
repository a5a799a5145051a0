{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('ebay_orders', 'ebay_orders_buyer', 'shop, (buyer_username) collate \"C\"') }}"
    )
}}

with source as (

    select * from {{ source('raw', 'ebay_orders') }}
    where buyer_username is not null and _deleted_at is null

),

-- A buyer as the newest order shows them.
ranked as (

    select
        source.*,
        min(creation_date) over buyer as first_creation_date,
        max(last_modified_date) over buyer as latest_modified_date,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, buyer_username order by creation_date desc, order_id desc) as newest
    from source
    window buyer as (partition by shop, buyer_username)

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        ranked.shop,
        ranked.buyer_username as customer_id,

        -- text
        places.shipping_step_ship_to_full_name as name,
        places.shipping_step_ship_to_email as email,
        places.shipping_step_ship_to_primary_phone_phone_number as phone,
        places.shipping_step_ship_to_contact_address_country_code as country,
        places.shipping_step_ship_to_contact_address_state_or_province as region,
        places.shipping_step_ship_to_contact_address_city as city,

        -- times
        ranked.first_creation_date as first_seen_at,
        ranked.latest_modified_date as updated_at,
        ranked.last_loaded_at as loaded_at
    from ranked
    left join {{ source('raw', 'ebay_instructions') }} as places
        on ranked.shop = places.shop and ranked.order_id = places._parent_order_id and places._position = 0
    where ranked.newest = 1

)

select * from renamed
