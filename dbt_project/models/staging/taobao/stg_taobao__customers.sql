{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{
    config(
        pre_hook="{{ raw_index('taobao_trades', 'taobao_trades_buyer', 'shop, (coalesce(buyer_open_uid, buyer_nick)) collate \"C\"') }}"
    )
}}

with source as (

    select * from {{ ref('stg_taobao__trades') }}
    where customer_id is not null

),

-- A buyer as the newest trade shows them.
ranked as (

    select
        source.*,
        min(created_at) over buyer as first_created_at,
        max(modified_at) over buyer as last_modified_at,
        max(loaded_at) over buyer as last_loaded_at,
        row_number() over (partition by shop, customer_id order by created_at desc, tid desc) as newest
    from source
    window buyer as (partition by shop, customer_id)

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        shop,
        customer_id,

        -- text
        receiver_name as name,
        cast(null as text) as email,
        receiver_mobile as phone,
        country,
        region,
        city,

        -- times
        first_created_at as first_seen_at,
        last_modified_at as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
