with shops as (
    select * from {{ source('raw', 'shops') }}
),

channels as (
    select
        channel,
        shop,
        name,
        kind,
        currency,
        timezone,
        country,
        base_currency,
        kind = 'erp' as is_erp
    from shops
)

select * from channels
