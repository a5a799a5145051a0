with source as (

    select * from {{ source('raw', 'taobao_refunds') }}
    where _deleted_at is null

),

lines as (

    select
        *,
        price * num - coalesce(discount_fee, 0) - coalesce(part_mjz_discount, 0) as net_amount
    from {{ source('raw', 'taobao_trades__orders') }}

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        source.shop,
        source.tid as order_id,
        source.refund_id,
        source.oid as line_id,
        coalesce(lines.outer_sku_id, lines.outer_iid) as sku,

        -- The platform tells the money, not the pieces: of goods that come back as many as the money pays for, else all of them.
        case
            when lines.num is null or not coalesce(source.has_good_return, false) then lines.num
            else greatest(1, least(lines.num, round(source.refund_fee * lines.num / nullif(lines.net_amount, 0))))
        end::int as quantity,

        -- statuses
        case when source.has_good_return then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'source.status', 'taobao') }} as status,
        source.status as native_status,
        source.reason,

        -- amounts
        source.refund_fee as amount,
        'CNY' as currency,
        (source.status = 'SUCCESS' and coalesce(source.good_status = 'BUYER_RETURNED_GOODS', false)) as is_restocked,

        -- times
        source.created::timestamp at time zone 'Asia/Shanghai' as requested_at,
        case
            when source.status in ('SUCCESS', 'CLOSED', 'SELLER_REFUSE_BUYER')
                then source.modified::timestamp at time zone 'Asia/Shanghai'
        end as completed_at,
        source.modified::timestamp at time zone 'Asia/Shanghai' as updated_at,
        source._loaded_at as loaded_at
    from source
    left join lines
        on source.shop = lines.shop and source.tid = lines._parent_tid and source.oid = lines.oid

)

select * from renamed
