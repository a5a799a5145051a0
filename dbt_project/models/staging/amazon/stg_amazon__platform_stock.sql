with stock as (

    select * from {{ source('raw', 'amazon_stock') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids: where Amazon sends orders from, as in the orders
        'amazon' as channel,
        shop,
        'AMAZON' as facility_id,
        seller_sku as sku,

        -- numerics: pieces that Amazon moves or measures are neither sold nor broken, and come back to what can be sold
        sum(coalesce(details_fulfillable, 0) + coalesce(details_reserved_total, 0))::int as on_hand,
        sum(coalesce(details_reserved_promised, 0))::int as reserved,
        sum(coalesce(details_announced, 0) + coalesce(details_shipped, 0) + coalesce(details_receiving, 0))::int as incoming,
        sum(coalesce(details_unfulfillable_total, 0))::int as unsellable,

        -- booleans: nobody but Amazon sends from there
        false as is_facility_stock,

        -- times: a count is true when it is read
        min(_received_at) as as_of,
        max(_loaded_at) as loaded_at

    from stock
    group by shop, seller_sku

)

select * from renamed
