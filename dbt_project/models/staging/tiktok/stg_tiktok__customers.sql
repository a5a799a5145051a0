{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{ config(pre_hook="{{ raw_index('tiktok_orders', 'tiktok_orders_buyer', 'shop, user_id collate \"C\"') }}") }}

with source as (

    select * from {{ source('raw', 'tiktok_orders') }}
    where user_id <> ''

),

districts as (

    select * from {{ source('raw', 'tiktok_districts') }}

),

-- A buyer as the newest order that has an address shows them.
ranked as (

    select
        source.*,
        user_id collate "C" as customer_id,
        min(create_time) over buyer as first_create_time,
        max(update_time) over buyer as last_update_time,
        max(_loaded_at) over buyer as last_loaded_at,
        row_number() over (
            partition by shop, user_id collate "C"
            order by (recipient_address_region_code is null), create_time desc, id desc
        ) as newest
    from source
    window buyer as (partition by shop, user_id collate "C")

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        ranked.shop,
        ranked.customer_id,

        -- text
        ranked.recipient_address_name as name,
        nullif(ranked.buyer_email, '') as email,
        ranked.recipient_address_phone_number as phone,
        ranked.recipient_address_region_code as country,
        place.region,
        place.city,

        -- times
        to_timestamp(ranked.first_create_time) as first_seen_at,
        to_timestamp(ranked.last_update_time) as updated_at,
        ranked.last_loaded_at as loaded_at
    from ranked
    left join lateral (
        select
            max(districts.address_name) filter (where districts.address_level = 'L1') as region,
            coalesce(
                max(districts.address_name) filter (where lower(districts.address_level_name) in ('city', 'municipality')),
                max(districts.address_name) filter (where districts.address_level = 'L2')
            ) as city
        from districts
        where districts.shop = ranked.shop and districts._parent_id = ranked.id
    ) as place on true
    where ranked.newest = 1

)

select * from renamed
