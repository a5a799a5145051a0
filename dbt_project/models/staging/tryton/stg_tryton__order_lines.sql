with source as (

    select * from {{ ref('stg_tryton__sale_lines') }}
    where not is_return

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        source.shop,
        source.order_id,
        source.line_id,
        source.position,
        source.line_kind,
        source.product_id,
        source.listing_id,
        source.sku,
        source.title,

        -- amounts
        source.quantity,
        source.unit_price,
        source.discount_amount,
        source.tax_amount,
        source.total_amount,
        source.currency,

        -- quantities
        source.shipped_quantity,
        given_back.quantity as refunded_quantity,
        case
            when source.is_cancelled or source.is_let_go then greatest(source.quantity - source.shipped_quantity, 0) else 0
        end as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        source.ordered_at,
        source.loaded_at
    from source
    left join lateral (
        select coalesce(sum(refunds.quantity), 0)::int as quantity
        from {{ ref('stg_tryton__refunds') }} as refunds
        where
            refunds.shop = source.shop and refunds.order_id = source.order_id and refunds.line_id = source.line_id
            and refunds.status in ('approved', 'completed')
    ) as given_back on true

)

select * from renamed
