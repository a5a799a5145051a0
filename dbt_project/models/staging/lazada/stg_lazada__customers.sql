{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('lazada_orders__order_items', 'lazada_order_items_buyer', 'shop, buyer_id collate \"C\"') }}"
    )
}}

with source as (

    select
        orders.*,
        pieces.buyer_id
    from {{ source('raw', 'lazada_orders__order_items') }} as pieces
    inner join {{ source('raw', 'lazada_orders') }} as orders
        on pieces.shop = orders.shop and pieces._parent_order_id = orders.order_id
    where pieces._position = 0 and pieces.buyer_id is not null and orders._deleted_at is null

),

-- A buyer as the newest order shows them.
ranked as (

    select
        source.*,
        min(created_at::timestamptz) over buyer as first_created_at,
        max(updated_at::timestamptz) over buyer as last_updated_at,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, buyer_id order by created_at::timestamptz desc, order_id desc) as newest
    from source
    window buyer as (partition by shop, buyer_id)

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        shop,
        buyer_id as customer_id,

        -- text
        nullif(trim(concat_ws(' ', customer_first_name, customer_last_name)), '') as name,
        cast(null as text) as email,
        nullif(address_shipping_phone, '') as phone,
        nullif(address_shipping_country, '') as country,
        nullif(address_shipping_address3, '') as region,
        coalesce(nullif(address_shipping_address4, ''), nullif(address_shipping_city, '')) as city,

        -- times
        first_created_at as first_seen_at,
        last_updated_at as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
