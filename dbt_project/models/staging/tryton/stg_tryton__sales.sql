with source as (

    select * from {{ source('raw', 'tryton_sales') }}

),

shops as (

    select
        shop,
        timezone
    from {{ source('raw', 'shops') }}
    where channel = 'tryton'

),

renamed as (

    select
        source.*,
        shops.timezone,
        coalesce(
            {{ tryton_moment('source.sale_date', 'source.create_date', 'shops.timezone') }}, source.create_date
        ) as ordered_at,
        source.state in ('draft', 'quotation', 'cancelled') or source._deleted_at is not null as is_cancelled,
        -- A return is a sale of its own, below zero.
        coalesce(source.total_amount < 0 and source.origin like 'sale.sale,%', false) as is_return,
        case when source.origin like 'sale.sale,%' then split_part(source.origin, ',', 2) end as returned_id
    from source
    inner join shops on source.shop = shops.shop

)

select * from renamed
