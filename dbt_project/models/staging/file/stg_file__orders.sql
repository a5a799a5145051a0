with source as (

    select * from {{ ref('stg_file__order_headers') }}

),

-- Sums of the lines, for what the file states no total of. A line's items are what it costs before its discount.
priced as (

    select
        source.*,
        parts.order_kind as kind_by_lines,
        coalesce(source.discount_amount, lines.discount_amount, 0) as discount,
        coalesce(source.shipping_amount, lines.shipping_amount, 0) as shipping,
        coalesce(source.tax_amount, lines.tax_amount, 0) as tax,
        coalesce(source.items_amount, lines.items_amount) as items,
        coalesce(lines.adjustment_amount, 0) as adjustment
    from source
    left join lateral (
        select max(parts.order_kind) as order_kind
        from {{ source('raw', 'file_order_lines') }} as parts
        where parts.shop = source.shop and parts.order_id = source.order_id and parts._deleted_at is null
    ) as parts on true
    left join lateral (
        select
            sum(lines.gross_amount) filter (where lines.role = 'items') as items_amount,
            sum(lines.discount_amount) filter (where lines.role = 'items') as discount_amount,
            sum(lines.shipping_amount)
            + coalesce(sum(lines.net_amount) filter (where lines.role = 'shipping'), 0) as shipping_amount,
            sum(lines.tax_amount) as tax_amount,
            sum(lines.net_amount) filter (where lines.role = 'adjustment') as adjustment_amount
        from {{ ref('stg_file__line_amounts') }} as lines
        where lines.shop = source.shop and lines.order_id = source.order_id
    ) as lines on true

),

totalled as (

    select
        priced.*,
        coalesce(priced.items, priced.total_amount + priced.discount - priced.shipping - priced.tax, 0) as all_items
    from priced

),

renamed as (

    select
        -- ids
        'file' as channel,
        totalled.shop,
        totalled.order_id,
        coalesce(totalled.order_number, totalled.order_id) as order_number,
        coalesce(totalled.order_kind, totalled.kind_by_lines, 'sale') as order_kind,
        totalled.customer_id,
        totalled.currency,

        -- statuses: mapped where the file was read, by the words that sluice.yaml gives for it
        totalled.order_status,
        totalled.payment_status,
        totalled.fulfilment_status,
        totalled.native_order_status,
        totalled.native_payment_status,
        totalled.native_fulfilment_status,

        -- amounts
        totalled.all_items as items_amount,
        totalled.discount as discount_amount,
        totalled.shipping as shipping_amount,
        totalled.tax as tax_amount,
        coalesce(
            totalled.total_amount - (totalled.all_items - totalled.discount + totalled.shipping + totalled.tax),
            totalled.adjustment
        ) as adjustment_amount,
        coalesce(
            totalled.total_amount,
            totalled.all_items - totalled.discount + totalled.shipping + totalled.tax + totalled.adjustment
        ) as total_amount,
        coalesce(totalled.refunded_amount, 0) as refunded_amount,

        -- facts
        totalled.is_presale,
        totalled.facility_id,
        totalled.ship_country,
        totalled.ship_region,
        totalled.ship_city,

        -- times
        {{ file_time('totalled.ordered_at') }} as ordered_at,
        {{ file_time('totalled.paid_at') }} as paid_at,
        {{ file_time('totalled.cancelled_at') }} as cancelled_at,
        {{ file_time('totalled.closed_at') }} as closed_at,
        {{ file_time('totalled.promised_at') }} as promised_at,
        coalesce(
            {{ file_time('totalled.updated_at') }},
            greatest(
                {{ file_time('totalled.ordered_at') }},
                {{ file_time('totalled.paid_at') }},
                {{ file_time('totalled.shipped_at') }},
                {{ file_time('totalled.delivered_at') }},
                {{ file_time('totalled.cancelled_at') }},
                {{ file_time('totalled.closed_at') }}
            )
        ) as updated_at,
        -- The header's own, as an index has it; the lines tell theirs (order_changes).
        totalled._loaded_at as loaded_at
    from totalled
    inner join {{ source('raw', 'shops') }} as shops
        on totalled.shop = shops.shop and shops.channel = 'file'

)

select * from renamed
