{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('douyin_orders', 'douyin_orders_buyer', 'shop, (coalesce(nullif(doudian_open_id, \\'\\'), nullif(open_id, \\'\\'))) collate \"C\"') }}"
    )
}}

with source as (

    select
        *,
        coalesce(nullif(doudian_open_id, ''), nullif(open_id, '')) as customer_id
    from {{ source('raw', 'douyin_orders') }}

),

-- A buyer as the newest order shows them.
ranked as (

    select
        source.*,
        min(create_time) over buyer as first_create_time,
        max(update_time) over buyer as last_update_time,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, customer_id order by create_time desc, order_id desc) as newest
    from source
    where customer_id is not null
    window buyer as (partition by shop, customer_id)

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        shop,
        customer_id,

        -- text
        nullif(mask_post_receiver, '') as name,
        cast(null as text) as email,
        nullif(mask_post_tel, '') as phone,
        'CN' as country,
        mask_post_addr_province_name as region,
        mask_post_addr_city_name as city,

        -- times
        to_timestamp(first_create_time) as first_seen_at,
        to_timestamp(last_update_time) as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
