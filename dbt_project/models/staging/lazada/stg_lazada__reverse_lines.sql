with orders as (

    select * from {{ source('raw', 'lazada_orders') }}
    where _deleted_at is null

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'lazada'

),

reversed as (

    select
        heads.shop,
        heads.trade_order_id as order_id,
        heads.request_type,
        heads.is_rtm,
        heads._loaded_at,
        lines.reverse_order_line_id,
        lines.trade_order_line_id as piece_id,
        lines.reverse_status,
        lines.whqc_decision,
        lines.reason_text,
        lines.seller_sku_id,
        lines.refund_amount,
        {{ map_status('refund', 'lines.reverse_status', 'lazada') }} as status,
        -- Lazada does not say whether its times are seconds or milliseconds, and others have seen both.
        to_timestamp(
            lines.return_order_line_gmt_create
            / case when lines.return_order_line_gmt_create > 100000000000 then 1000.0 else 1 end
        ) as requested_at,
        to_timestamp(
            lines.return_order_line_gmt_modified
            / case when lines.return_order_line_gmt_modified > 100000000000 then 1000.0 else 1 end
        ) as changed_at
    from {{ source('raw', 'lazada_reverse_orders') }} as heads
    inner join {{ source('raw', 'lazada_reverse_lines') }} as lines
        on heads.shop = lines.shop and heads.reverse_order_id = lines._parent_reverse_order_id
    where heads._deleted_at is null

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        reversed.shop,
        reversed.order_id,
        reversed.reverse_order_line_id as refund_id,
        reversed.piece_id,
        lines.line_id,
        coalesce(piece.sku, nullif(reversed.seller_sku_id, '')) as sku,
        1 as quantity,

        -- statuses
        case when reversed.request_type = 'RETURN' then 'return' else 'refund' end as kind,
        reversed.status,
        reversed.reverse_status as native_status,
        nullif(reversed.reason_text, '') as reason,

        -- amounts: cents, and dong in Vietnam, as the documentation says
        coalesce(
            trim_scale(reversed.refund_amount * {{ minor_unit('coalesce(piece.currency, shops.currency)') }}),
            piece.paid_price,
            0
        ) as amount,
        coalesce(piece.currency, shops.currency) as currency,
        (
            reversed.request_type = 'RETURN' and reversed.status = 'completed' and reversed.is_rtm is distinct from false
            and coalesce(reversed.whqc_decision, '') not in ('scrap', 'return_to_customer', 'return_to_warehouse', 'not_returned')
        ) as is_restocked,

        -- times
        reversed.requested_at,
        case when reversed.status = 'completed' then reversed.changed_at end as completed_at,
        reversed.changed_at as updated_at,
        reversed._loaded_at as loaded_at
    from reversed
    inner join orders
        on reversed.shop = orders.shop and reversed.order_id = orders.order_id
    left join shops
        on reversed.shop = shops.shop
    left join lateral (
        select
            min(pieces.sku) as sku,
            min(pieces.currency) as currency,
            min(pieces.paid_price) as paid_price,
            min(pieces.listing_id) as listing_id,
            min(pieces.item_price) as item_price
        from {{ ref('stg_lazada__pieces') }} as pieces
        where
            pieces.shop = reversed.shop and pieces.order_id = reversed.order_id
            and pieces.piece_id = reversed.piece_id
    ) as piece on true
    -- The line that the piece belongs to, as order lines are made.
    left join lateral (
        select min(pieces.piece_id::numeric)::text as line_id
        from {{ ref('stg_lazada__pieces') }} as pieces
        where
            pieces.shop = reversed.shop and pieces.order_id = reversed.order_id
            and pieces.listing_id = piece.listing_id and pieces.item_price = piece.item_price
    ) as lines on true

)

select * from renamed
