with source as (

    select * from {{ source('raw', 'woocommerce_orders__line_items') }}

),

headers as (

    select * from {{ ref('stg_woocommerce__order_headers') }}

),

counted as (

    select
        source.*,
        headers.currency,
        headers.created_at,
        headers.loaded_at,
        headers.is_gone or headers.status in ('cancelled', 'failed', 'refunded') as is_over,
        source.subtotal + case when headers.prices_include_tax then source.subtotal_tax else 0 end as gross_amount,
        source.total + case when headers.prices_include_tax then source.total_tax else 0 end as net_amount,
        case when headers.prices_include_tax then 0 else source.total_tax end as tax_amount,
        case when headers.has_left then source.quantity else least(sent.quantity, source.quantity) end as shipped_quantity,
        least(given_back.quantity, source.quantity) as given_back_quantity
    from source
    inner join headers
        on source.shop = headers.shop and source._parent_id = headers.order_id
    left join lateral (
        select coalesce(sum((part.value ->> 'qty')::bigint), 0) as quantity
        from {{ ref('stg_woocommerce__parcels') }} as parcels
        cross join lateral jsonb_path_query(parcels.item, 'strict $.products_list[*]', '{}', true) as part (value)
        where
            parcels.shop = source.shop and parcels.order_id = source._parent_id
            and part.value ->> 'item_id' = source.id and part.value ->> 'qty' ~ '^[0-9]{1,9}$'
    ) as sent on true
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from {{ ref('stg_woocommerce__refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_id = source._parent_id and refunds.line_id = source.id
    ) as given_back on true

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        shop,
        _parent_id as order_id,
        id as line_id,
        _position + 1 as position,
        'product' as line_kind,
        nullif(product_id, '0') as product_id,
        coalesce(nullif(variation_id, '0'), nullif(product_id, '0')) as listing_id,
        nullif(sku, '') as sku,
        name as title,

        -- amounts
        quantity::int as quantity,
        case when quantity = 0 then 0 else trim_scale(gross_amount / quantity) end as unit_price,
        gross_amount - net_amount as discount_amount,
        tax_amount,
        net_amount as total_amount,
        currency,

        -- quantities: what was given back before it left will not leave
        shipped_quantity::int as shipped_quantity,
        least(given_back_quantity, shipped_quantity)::int as refunded_quantity,
        case
            when is_over then quantity - shipped_quantity
            else given_back_quantity - least(given_back_quantity, shipped_quantity)
        end::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        created_at as ordered_at,
        loaded_at
    from counted

)

select * from renamed
