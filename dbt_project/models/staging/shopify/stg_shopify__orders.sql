with source as (

    select * from {{ source('raw', 'shopify_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        source.shop,
        source.legacy_resource_id as order_id,
        source.name as order_number,
        case when source.test then 'test' else 'sale' end as order_kind,
        {{ shopify_buyer('source.') }} as customer_id,
        source.currency_code as currency,

        -- statuses
        {{ map_status('order', 'native.order_status') }} as order_status,
        {{ map_status('payment', 'source.display_financial_status') }} as payment_status,
        case
            when
                parcels.delivered > 0 and parcels.delivered = parcels.sent and source.display_fulfillment_status = 'FULFILLED'
                then 'delivered'
            when
                parcels.delivered > 0 and source.display_fulfillment_status in ('FULFILLED', 'PARTIALLY_FULFILLED')
                then 'partially_delivered'
            else {{ map_status('fulfilment', 'source.display_fulfillment_status') }}
        end as fulfilment_status,
        native.order_status as native_order_status,
        source.display_financial_status as native_payment_status,
        source.display_fulfillment_status as native_fulfilment_status,

        -- amounts
        items.amount as items_amount,
        coalesce(source.total_discounts_set_shop_money_amount, 0) as discount_amount,
        source.total_shipping_price_set_shop_money_amount as shipping_amount,
        case when source.taxes_included then 0 else coalesce(source.total_tax_set_shop_money_amount, 0) end as tax_amount,
        coalesce(source.original_total_duties_set_shop_money_amount, 0)
        + coalesce(source.original_total_additional_fees_set_shop_money_amount, 0) as adjustment_amount,
        source.total_price_set_shop_money_amount as total_amount,
        source.total_refunded_set_shop_money_amount as refunded_amount,

        -- facts: Shopify has no presale of its own, shops and the apps for it tag the order
        lower(source.tags::text)::jsonb ?| array['presale', 'pre-sale', 'preorder', 'pre-order'] as is_presale,
        coalesce(source.retail_location_name, work.facility_id) as facility_id,
        source.shipping_address_country_code_v2 as ship_country,
        source.shipping_address_province as ship_region,
        source.shipping_address_city as ship_city,

        -- times: processed_at is the time that Shopify's own reports count an order in; an imported one keeps its first
        source.processed_at as ordered_at,
        payments.paid_at,
        source.cancelled_at,
        source.closed_at,
        work.promised_at,
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    cross join
        lateral (
            select
                case
                    when source.cancelled_at is not null then 'cancelled'
                    when source.closed_at is not null then 'closed'
                    else 'open'
                end as order_status
        ) as native
    left join lateral (
        select coalesce(sum(lines.quantity * lines.original_unit_price_set_shop_money_amount), 0) as amount
        from {{ source('raw', 'shopify_orders__line_items') }} as lines
        where lines.shop = source.shop and lines._parent_legacy_resource_id = source.legacy_resource_id
    ) as items on true
    left join lateral (
        select min(coalesce(transactions.processed_at, transactions.created_at)) as paid_at
        from {{ source('raw', 'shopify_orders__transactions') }} as transactions
        where
            transactions.shop = source.shop and transactions._parent_legacy_resource_id = source.legacy_resource_id
            and transactions.kind in ('SALE', 'CAPTURE') and transactions.status = 'SUCCESS'
    ) as payments on true
    left join lateral (
        select
            count(*) as sent,
            count(*) filter (where fulfillments.display_status = 'DELIVERED') as delivered
        from {{ source('raw', 'shopify_orders__fulfillments') }} as fulfillments
        where
            fulfillments.shop = source.shop and fulfillments._parent_legacy_resource_id = source.legacy_resource_id
            and fulfillments.status not in ('CANCELLED', 'ERROR', 'FAILURE')
    ) as parcels on true
    -- The location that has the work; null where it is divided between several.
    left join lateral (
        select
            case
                when
                    min(orders.assigned_location_name) = max(orders.assigned_location_name)
                    then min(orders.assigned_location_name)
            end as facility_id,
            max(orders.fulfill_by) as promised_at
        from {{ source('raw', 'shopify_orders__fulfillment_orders') }} as orders
        where orders.shop = source.shop and orders._parent_legacy_resource_id = source.legacy_resource_id
    ) as work on true

)

select * from renamed
