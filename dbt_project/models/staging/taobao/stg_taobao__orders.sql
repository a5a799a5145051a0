with source as (

    select * from {{ ref('stg_taobao__trades') }}

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        source.shop,
        source.tid as order_id,
        source.tid as order_number,
        'sale' as order_kind,
        source.customer_id,
        'CNY' as currency,

        -- statuses
        {{ map_status('order', 'source.status', 'taobao') }} as order_status,
        case
            when source.step_trade_status = 'FRONT_PAID_FINAL_NOPAID' then 'partially_paid'
            when {{ map_status('payment', 'source.status', 'taobao') }} <> 'paid'
                then {{ map_status('payment', 'source.status', 'taobao') }}
            when refunded.amount >= source.total_amount and refunded.amount > 0 then 'refunded'
            when refunded.amount > 0 then 'partially_refunded'
            else 'paid'
        end as payment_status,
        case
            when source.status = 'TRADE_CLOSED' and source.consigned_at is not null then 'shipped'
            else {{ map_status('fulfilment', 'source.status', 'taobao') }}
        end as fulfilment_status,
        source.status as native_order_status,
        source.status as native_payment_status,
        source.status as native_fulfilment_status,

        -- amounts
        source.items_amount,
        source.discount_amount,
        source.shipping_amount,
        source.tax_amount,
        source.adjustment_amount,
        source.total_amount,
        refunded.amount as refunded_amount,

        -- facts
        source.is_presale,
        source.facility_id,
        source.country as ship_country,
        source.region as ship_region,
        source.city as ship_city,

        -- times
        source.created_at as ordered_at,
        source.paid_at,
        case
            when source.status in ('TRADE_CLOSED', 'TRADE_CLOSED_BY_TAOBAO') then coalesce(source.ended_at, source.modified_at)
        end as cancelled_at,
        source.ended_at as closed_at,
        cast(null as timestamptz) as promised_at,
        source.modified_at as updated_at,
        source.loaded_at
    from source
    left join lateral (
        select coalesce(sum(refunds.refund_fee), 0) as amount
        from {{ source('raw', 'taobao_refunds') }} as refunds
        where
            refunds.shop = source.shop and refunds.tid = source.tid
            and refunds.status = 'SUCCESS' and refunds._deleted_at is null
    ) as refunded on true

)

select * from renamed
