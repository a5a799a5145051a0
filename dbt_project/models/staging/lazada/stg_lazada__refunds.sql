with pieces as (

    select * from {{ ref('stg_lazada__pieces') }}

),

orders as (

    select * from {{ source('raw', 'lazada_orders') }}
    where _deleted_at is null

),

asked_for as (

    select * from {{ ref('stg_lazada__reverse_lines') }}

),

-- Pieces that came back without a request (what could not be delivered), or whose requests are not read.
unasked as (

    select
        pieces.*,
        (
            pieces.payment_status = 'refunded'
            and not exists (
                select 1 from asked_for
                where
                    asked_for.shop = pieces.shop and asked_for.order_id = pieces.order_id
                    and asked_for.piece_id = pieces.piece_id and asked_for.status not in ('rejected', 'cancelled')
            )
        ) as came_back
    from pieces

),

-- By the line that they belong to.
grouped as (

    select
        shop,
        order_id,
        listing_id,
        item_price,
        min(piece_id::numeric)::text as line_id,
        min(sku) as sku,
        min(currency) as currency,
        min(native_status) filter (where came_back) as native_status,
        min(reason) filter (where came_back) as reason,
        count(*) filter (where came_back) as quantity,
        sum(paid_price) filter (where came_back) as amount,
        max(updated_at) filter (where came_back) as updated_at
    from unasked
    group by shop, order_id, listing_id, item_price

),

united as (

    select
        shop,
        order_id,
        refund_id,
        line_id,
        sku,
        quantity,
        kind,
        status,
        native_status,
        reason,
        amount,
        currency,
        is_restocked,
        requested_at,
        completed_at,
        updated_at,
        loaded_at
    from asked_for
    union all
    select
        grouped.shop,
        grouped.order_id,
        grouped.line_id as refund_id,
        grouped.line_id,
        grouped.sku,
        grouped.quantity::int as quantity,
        'return' as kind,
        {{ map_status('refund', 'grouped.native_status', 'lazada') }} as status,
        grouped.native_status,
        grouped.reason,
        grouped.amount,
        grouped.currency,
        true as is_restocked,
        cast(null as timestamptz) as requested_at,
        coalesce(grouped.updated_at, orders.updated_at::timestamptz) as completed_at,
        coalesce(grouped.updated_at, orders.updated_at::timestamptz) as updated_at,
        orders._loaded_at as loaded_at
    from grouped
    inner join orders
        on grouped.shop = orders.shop and grouped.order_id = orders.order_id
    where grouped.quantity > 0

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        shop,
        order_id,
        refund_id,
        line_id,
        sku,
        quantity,

        -- statuses
        kind,
        status,
        native_status,
        reason,

        -- amounts
        amount,
        currency,
        is_restocked,

        -- times
        requested_at,
        completed_at,
        updated_at,
        loaded_at
    from united

)

select * from renamed
