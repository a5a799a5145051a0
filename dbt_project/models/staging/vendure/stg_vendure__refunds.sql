with source as (

    select * from {{ source('raw', 'vendure_refunds') }}

),

orders as (

    select * from {{ source('raw', 'vendure_orders') }}

),

-- Vendure tells one sum and the pieces, not what each line got: it is divided by what the pieces cost, to the last cent.
parts as (

    select
        source.*,
        items.order_line_id,
        items.quantity,
        items.unit_minor,
        sum(items.quantity * items.unit_minor) over pieces as upto_minor,
        sum(items.quantity * items.unit_minor) over refund as all_minor
    from source
    left join lateral (
        select
            named.order_line_id,
            named.quantity,
            greatest(lines.unit_price_with_tax, 1) as unit_minor
        from (
            select
                item ->> 'orderLineId' as order_line_id,
                sum((item ->> 'quantity')::int) as quantity
            from jsonb_array_elements(source.lines) as named (item)
            group by item ->> 'orderLineId'
        ) as named
        left join {{ source('raw', 'vendure_orders__lines') }} as lines
            on source.shop = lines.shop and source._parent_id = lines._parent_id and named.order_line_id = lines.id
        where named.quantity > 0
    ) as items on true
    window
        refund as (partition by source.shop, source._parent_id, source._parent_position, source._position),
        pieces as (
            partition by source.shop, source._parent_id, source._parent_position, source._position
            order by items.order_line_id
        )

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        parts.shop,
        parts._parent_id as order_id,
        parts.id as refund_id,
        parts.order_line_id as line_id,
        nullif(lines.product_variant_sku, '') as sku,
        parts.quantity::int as quantity,

        -- statuses: pieces that left the house and then the order have come back
        case when sent.pieces > 0 and lines.order_placed_quantity > lines.quantity then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'parts.state') }} as status,
        parts.state as native_status,
        parts.reason,

        -- amounts
        trim_scale(case
            when parts.order_line_id is null then parts.total
            else
                round(parts.total * parts.upto_minor / parts.all_minor)
                - round(parts.total * (parts.upto_minor - parts.quantity * parts.unit_minor) / parts.all_minor)
        end / power(10::numeric, coalesce(settings.money_strategy_precision, 2))) as amount,
        orders.currency_code as currency,
        coalesce(sent.pieces > 0 and lines.order_placed_quantity > lines.quantity, false) as is_restocked,

        -- times
        parts.created_at as requested_at,
        case when parts.state = 'Settled' then coalesce(settled.at, parts.updated_at) end as completed_at,
        coalesce(settled.at, parts.updated_at) as updated_at,
        orders._loaded_at as loaded_at
    from parts
    inner join orders on parts.shop = orders.shop and parts._parent_id = orders.id
    left join {{ source('raw', 'vendure_orders__lines') }} as lines
        on parts.shop = lines.shop and parts._parent_id = lines._parent_id and parts.order_line_id = lines.id
    left join lateral (
        select max(channels.money_strategy_precision) as money_strategy_precision
        from {{ source('raw', 'vendure_channels') }} as channels
        where channels.shop = parts.shop and channels._deleted_at is null
    ) as settings on true
    left join lateral (
        select coalesce(sum(items.quantity), 0) as pieces
        from {{ source('raw', 'vendure_fulfillments') }} as fulfillments
        inner join {{ source('raw', 'vendure_fulfillment_lines') }} as items
            on
                fulfillments.shop = items.shop
                and fulfillments._parent_id = items._parent_id
                and fulfillments._position = items._parent_position
        where
            fulfillments.shop = parts.shop and fulfillments._parent_id = parts._parent_id
            and fulfillments.state in ('Shipped', 'Delivered') and items.order_line_id = parts.order_line_id
    ) as sent on true
    left join lateral (
        select max(history.created_at) as at
        from {{ source('raw', 'vendure_history') }} as history
        where
            history.shop = parts.shop and history._parent_id = parts._parent_id
            and history.type = 'ORDER_REFUND_TRANSITION'
            and history.data ->> 'to' = 'Settled' and history.data ->> 'refundId' = parts.id
    ) as settled on true

)

select * from renamed
