with source as (

    select
        *,
        -- its own discount and its share of the trade's
        coalesce(discount_fee, 0) + coalesce(part_mjz_discount, 0) as discount_amount
    from {{ source('raw', 'taobao_trades__orders') }}

),

trades as (

    select * from {{ source('raw', 'taobao_trades') }}
    where _deleted_at is null

),

refunds as (

    select * from {{ ref('stg_taobao__refunds') }}

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        source.shop,
        source._parent_tid as order_id,
        source.oid as line_id,
        source._position + 1 as position,
        case when source.is_service_order then 'fee' else 'product' end as line_kind,
        source.num_iid as product_id,
        coalesce(source.sku_id, source.num_iid) as listing_id,
        coalesce(source.outer_sku_id, source.outer_iid) as sku,
        source.title,

        -- amounts
        source.num::int as quantity,
        source.price as unit_price,
        source.discount_amount,
        0::numeric as tax_amount,
        source.price * source.num - source.discount_amount as total_amount,
        'CNY' as currency,

        -- quantities
        case when source.consign_time is not null then source.num else 0 end::int as shipped_quantity,
        case when source.consign_time is not null then least(refunded.quantity, source.num) else 0 end::int as refunded_quantity,
        case
            when source.status in ('TRADE_CLOSED', 'TRADE_CLOSED_BY_TAOBAO') and source.consign_time is null then source.num
            else 0
        end::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        trades.created::timestamp at time zone 'Asia/Shanghai' as ordered_at,
        trades._loaded_at as loaded_at
    from source
    inner join trades
        on source.shop = trades.shop and source._parent_tid = trades.tid
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from refunds
        where
            refunds.shop = source.shop and refunds.order_id = source._parent_tid and refunds.line_id = source.oid
            and refunds.native_status = 'SUCCESS'
    ) as refunded on true

)

select * from renamed
