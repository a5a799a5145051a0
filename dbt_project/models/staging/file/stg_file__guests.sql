{{
    config(
        pre_hook=[
            "{{ raw_index('file_orders', 'file_orders_buyer', 'shop, (' ~ file_buyer() ~ ')') }}",
            "{{ raw_index('file_order_lines', 'file_order_lines_buyer', 'shop, (' ~ file_buyer() ~ ')') }}"
        ]
    )
}}

with source as (

    select * from {{ ref('stg_file__order_headers') }}
    where customer_id like 'guest:%'

),

contacts as (

    select
        -- ids
        source.shop,
        source.customer_id,
        source.order_id,

        -- text: the file tells where it goes to, which mostly is where the buyer is
        source.buyer_name as name,
        source.buyer_email as email,
        source.buyer_phone as phone,
        source.ship_country as country,
        source.ship_region as region,
        source.ship_city as city,

        -- times
        {{ file_time('source.ordered_at') }} as ordered_at,
        coalesce({{ file_time('source.updated_at') }}, {{ file_time('source.ordered_at') }}) as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join {{ source('raw', 'shops') }} as shops
        on source.shop = shops.shop and shops.channel = 'file'

)

{{ guests_of('file', 'contacts') }}
