with heads as (

    select
        shop,
        order_id,
        return_id as refund_id,
        case
            when return_type = 'RETURN_AND_REFUND' and not coalesce(can_buyer_keep_item, false) then 'return'
            else 'refund'
        end as kind,
        return_status as native_status,
        coalesce(return_reason_text, return_reason) as reason,
        refund_amount_refund_total as amount,
        refund_amount_currency as currency,
        create_time,
        update_time,
        _loaded_at as loaded_at
    from {{ source('raw', 'tiktok_returns') }}
    -- Other goods for those that came back are no money; the platform makes an order of them.
    where _deleted_at is null and (return_type <> 'REPLACEMENT' or return_status = 'REPLACEMENT_REQUEST_REFUND_SUCCESS')
    union all
    select
        shop,
        order_id,
        cancel_id as refund_id,
        'refund' as kind,
        cancel_status as native_status,
        coalesce(cancel_reason_text, cancel_reason) as reason,
        refund_amount_refund_total as amount,
        refund_amount_currency as currency,
        create_time,
        update_time,
        _loaded_at as loaded_at
    from {{ source('raw', 'tiktok_cancellations') }}
    where _deleted_at is null

),

pieces as (

    select
        shop,
        _parent_return_id as refund_id,
        _position as position,
        order_line_item_id,
        seller_sku,
        refund_amount_refund_total as amount
    from {{ source('raw', 'tiktok_return_lines') }}
    union all
    select
        shop,
        _parent_cancel_id as refund_id,
        _position as position,
        order_line_item_id,
        seller_sku,
        refund_amount_refund_total as amount
    from {{ source('raw', 'tiktok_cancel_lines') }}

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        heads.shop,
        heads.order_id,
        heads.refund_id,
        parts.line_id,
        parts.sku,
        parts.quantity,

        -- statuses
        heads.kind,
        {{ map_status('refund', 'heads.native_status', 'tiktok') }} as status,
        heads.native_status,
        heads.reason,

        -- What the whole is more than its pieces (shipping, fees) goes with the first line.
        coalesce(parts.amount, 0)
        + case
            when coalesce(parts.number, 1) = 1 then coalesce(heads.amount, parts.all_amount, 0) - coalesce(parts.all_amount, 0)
            else 0
        end as amount,
        coalesce(heads.currency, orders.payment_currency) as currency,
        (heads.kind = 'return' and {{ map_status('refund', 'heads.native_status', 'tiktok') }} = 'completed') as is_restocked,

        -- times
        to_timestamp(heads.create_time) as requested_at,
        case
            when {{ map_status('refund', 'heads.native_status', 'tiktok') }} = 'completed' then to_timestamp(heads.update_time)
        end as completed_at,
        to_timestamp(heads.update_time) as updated_at,
        heads.loaded_at
    from heads
    left join {{ source('raw', 'tiktok_orders') }} as orders
        on heads.shop = orders.shop and heads.order_id = orders.id
    left join lateral (
        select
            items.line_id,
            max(coalesce(items.sku, nullif(pieces.seller_sku, ''))) as sku,
            count(*)::int as quantity,
            sum(pieces.amount) as amount,
            sum(sum(pieces.amount)) over () as all_amount,
            row_number() over (order by min(pieces.position)) as number
        from pieces
        left join {{ ref('stg_tiktok__items') }} as items
            on pieces.shop = items.shop and pieces.order_line_item_id = items.item_id and heads.order_id = items.order_id
        where pieces.shop = heads.shop and pieces.refund_id = heads.refund_id
        group by items.line_id
    ) as parts on true

)

select * from renamed
