with source as (

    select * from {{ source('raw', 'lazada_orders') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'lazada'

),

summed as (

    select
        source.*,
        coalesce(source.voucher, 0) as voucher_amount,
        coalesce(source.shipping_fee, 0) as shipping_amount,
        source.price - coalesce(source.voucher, 0) + coalesce(source.shipping_fee, 0) as owed_amount,
        coalesce(pieces.currency, shops.currency) as pieces_currency,
        coalesce(pieces.items_amount, source.price) as items_amount,
        given_back.amount as refunded_amount,
        pieces.buyer_id,
        pieces.native_status,
        pieces.last_cancelled_at,
        -- Of an order's pieces, each with a status of its own.
        coalesce(pieces.order_statuses, '{}') as orders,
        coalesce(pieces.payment_statuses, '{}') as payments,
        coalesce(pieces.fulfilment_statuses, '{}') as fulfilments
    from source
    left join shops
        on source.shop = shops.shop
    left join lateral (
        select
            min(pieces.currency) as currency,
            sum(pieces.item_price) as items_amount,
            min(pieces.buyer_id) as buyer_id,
            string_agg(distinct pieces.native_status, ',' order by pieces.native_status) as native_status,
            max(pieces.updated_at) filter (where pieces.order_status = 'cancelled') as last_cancelled_at,
            array_agg(distinct pieces.order_status) as order_statuses,
            array_agg(distinct pieces.payment_status) as payment_statuses,
            array_agg(distinct pieces.fulfilment_status) filter (where pieces.order_status <> 'cancelled') as fulfilment_statuses
        from {{ ref('stg_lazada__pieces') }} as pieces
        where pieces.shop = source.shop and pieces.order_id = source.order_id
    ) as pieces on true
    left join lateral (
        select coalesce(sum(refunds.amount) filter (where refunds.status = 'completed'), 0) as amount
        from {{ ref('stg_lazada__refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_id = source.order_id
    ) as given_back on true

),

decided as (

    select
        *,
        case
            when _deleted_at is not null then 'cancelled'
            when 'unknown' = any(orders) then 'unknown'
            when orders = array['cancelled'] then 'cancelled'
            when orders <@ array['cancelled', 'completed'] and orders <> '{}' then 'completed'
            else 'open'
        end as order_status,
        case
            when 'unknown' = any(payments) then 'unknown'
            when refunded_amount > 0 and refunded_amount >= owed_amount then 'refunded'
            when refunded_amount > 0 and payments = array['voided'] then 'refunded'
            when payments = array['voided'] then 'voided'
            when 'pending' = any(payments) then 'pending'
            when payments <@ array['refunded', 'voided'] and payments <> '{}' then 'refunded'
            when refunded_amount > 0 or 'refunded' = any(payments) then 'partially_refunded'
            when payment_method = 'COD' and not fulfilments <@ array['delivered'] then 'pending'
            else 'paid'
        end as payment_status,
        case
            when 'unknown' = any(fulfilments) then 'unknown'
            when fulfilments = '{}' then 'unfulfilled'
            when fulfilments = array['delivered'] then 'delivered'
            when 'delivered' = any(fulfilments) then 'partially_delivered'
            when fulfilments = array['shipped'] then 'shipped'
            when 'shipped' = any(fulfilments) then 'partially_shipped'
            when fulfilments = array['failed'] then 'failed'
            else 'unfulfilled'
        end as fulfilment_status
    from summed

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        shop,
        order_id,
        coalesce(order_number, order_id) as order_number,
        'sale' as order_kind,
        buyer_id as customer_id,
        pieces_currency as currency,

        -- statuses
        order_status,
        payment_status,
        fulfilment_status,
        native_status as native_order_status,
        native_status as native_payment_status,
        native_status as native_fulfilment_status,

        -- amounts
        items_amount,
        voucher_amount as discount_amount,
        shipping_amount,
        0::numeric as tax_amount,
        owed_amount - (items_amount - voucher_amount + shipping_amount) as adjustment_amount,
        owed_amount as total_amount,
        refunded_amount,

        -- facts
        false as is_presale,
        cast(null as text) as facility_id,
        nullif(address_shipping_country, '') as ship_country,
        nullif(address_shipping_address3, '') as ship_region,
        coalesce(nullif(address_shipping_address4, ''), nullif(address_shipping_city, '')) as ship_city,

        -- times
        created_at::timestamptz as ordered_at,
        cast(null as timestamptz) as paid_at,
        case
            when _deleted_at is not null then _deleted_at
            when order_status = 'cancelled' then coalesce(last_cancelled_at, updated_at::timestamptz)
        end as cancelled_at,
        cast(null as timestamptz) as closed_at,
        cast(null as timestamptz) as promised_at,
        updated_at::timestamptz as updated_at,
        _loaded_at as loaded_at
    from decided

)

select * from renamed
