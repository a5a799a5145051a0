{{
    config(
        pre_hook="{{ raw_index('square_orders__returns', 'square_returns_source', 'shop, source_order_id') }}"
    )
}}

with source as (

    select * from {{ source('raw', 'square_orders__line_items') }}

),

orders as (

    select * from {{ ref('stg_square__sales') }}

),

renamed as (

    select
        -- ids
        'square' as channel,
        source.shop,
        source._parent_id as order_id,
        source.uid as line_id,
        source._position + 1 as position,
        case source.item_type when 'GIFT_CARD' then 'gift_card' else 'product' end as line_kind,
        items.item_variation_data_item_id as product_id,
        source.catalog_object_id as listing_id,
        nullif(items.item_variation_data_sku, '') as sku,
        concat_ws(' - ', source.name, nullif(source.variation_name, 'Regular')) as title,

        -- amounts
        pieces.quantity,
        trim_scale(worth.gross * orders.minor / nullif(pieces.quantity, 0)) as unit_price,
        coalesce(source.total_discount_money_amount, 0) * orders.minor as discount_amount,
        taxes.amount * orders.minor as tax_amount,
        (worth.gross - coalesce(source.total_discount_money_amount, 0)) * orders.minor as total_amount,
        orders.total_money_currency as currency,

        -- quantities: what is handed over at the till has left; what was sent and came back was not cancelled
        sent.quantity as shipped_quantity,
        case
            when orders.shown_state = 'CANCELED' then least(given_back.quantity, sent.quantity) else given_back.quantity
        end as refunded_quantity,
        case when orders.shown_state = 'CANCELED' then greatest(pieces.quantity - sent.quantity, 0) else 0 end
            as cancelled_quantity,

        -- times
        work.promised_at,
        orders.created_at as ordered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_id = orders.id
    left join {{ source('raw', 'square_variations') }} as items
        on source.shop = items.shop and source.catalog_object_id = items.id
    -- A measured quantity (1.5 yards) is one piece.
    cross join
        lateral (
            select
                case
                    when source.quantity_unit_catalog_object_id is null and source.quantity = trunc(source.quantity)
                        then source.quantity::int
                    else 1
                end as quantity
        ) as pieces
    left join lateral (
        select
            coalesce(source.variation_total_price_money_amount, round(source.base_price_money_amount * source.quantity), 0)
            + coalesce(sum(modifiers.total_price_money_amount), 0) as gross
        from {{ source('raw', 'square_line_modifiers') }} as modifiers
        where
            modifiers.shop = source.shop and modifiers._parent_id = source._parent_id
            and modifiers._parent_position = source._position
    ) as worth on true
    left join lateral (
        select coalesce(sum(shares.applied_money_amount) filter (where levied.type is distinct from 'INCLUSIVE'), 0) as amount
        from {{ source('raw', 'square_line_taxes') }} as shares
        left join {{ source('raw', 'square_orders__taxes') }} as levied
            on shares.shop = levied.shop and shares._parent_id = levied._parent_id and shares.tax_uid = levied.uid
        where
            shares.shop = source.shop and shares._parent_id = source._parent_id and shares._parent_position = source._position
    ) as taxes on true
    left join lateral (
        select
            count(*) as parts,
            max(coalesce(
                parts.shipment_details_expected_shipped_at, parts.pickup_details_pickup_at, parts.delivery_details_deliver_at
            )) as promised_at,
            coalesce(bool_or(
                parts.state = 'COMPLETED' and parts.line_item_application is distinct from 'ENTRY_LIST'
            ), false) as has_all,
            coalesce(sum(listed.quantity) filter (where parts.state = 'COMPLETED'), 0) as listed
        from {{ source('raw', 'square_orders__fulfillments') }} as parts
        left join {{ source('raw', 'square_fulfillment_entries') }} as listed
            on
                parts.shop = listed.shop and parts._parent_id = listed._parent_id and parts._position = listed._parent_position
                and parts.line_item_application = 'ENTRY_LIST' and source.uid = listed.line_item_uid
        where parts.shop = source.shop and parts._parent_id = source._parent_id
    ) as work on true
    cross join
        lateral (
            select
                case
                    when work.has_all or (work.parts = 0 and orders.shown_state = 'COMPLETED') then pieces.quantity
                    else least(ceil(work.listed), pieces.quantity)
                end::int as quantity
        ) as sent
    left join lateral (
        select least(coalesce(sum(ceil(lines.quantity)), 0), pieces.quantity)::int as quantity
        from {{ source('raw', 'square_orders__returns') }} as returns
        inner join {{ source('raw', 'square_return_lines') }} as lines
            on
                returns.shop = lines.shop and returns._parent_id = lines._parent_id
                and returns._position = lines._parent_position
        where
            returns.shop = source.shop and returns.source_order_id = source._parent_id
            and lines.source_line_item_uid = source.uid
            -- An exchange has no refund of its own where nothing is paid back.
            and not exists (
                select 1 from {{ source('raw', 'square_refunds') }} as refunds
                where
                    refunds.shop = returns.shop and refunds.order_id = returns._parent_id and refunds.status <> 'COMPLETED'
            )
    ) as given_back on true

)

select * from renamed
