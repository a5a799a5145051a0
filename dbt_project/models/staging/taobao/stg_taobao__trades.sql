with source as (

    select * from {{ source('raw', 'taobao_trades') }}
    where _deleted_at is null

),

summed as (

    select
        source.*,
        coalesce(lines.items_amount, 0) as items_amount,
        coalesce(source.discount_fee, 0) + coalesce(lines.discount_amount, 0) as discount_amount,
        coalesce(source.post_fee, 0) as shipping_amount,
        coalesce(source.order_tax_fee, 0) as tax_amount,
        coalesce(lines.adjust_fee, 0) as adjust_amount,
        coalesce(lines.has_refund, false) as has_refund,
        lines.facility_id
    from source
    left join lateral (
        select
            sum(orders.price * orders.num) as items_amount,
            sum(orders.discount_fee) as discount_amount,
            sum(orders.adjust_fee) as adjust_fee,
            bool_or(orders.refund_status = 'SUCCESS') as has_refund,
            -- the warehouse that all of it leaves from, where the platform names one
            case when count(distinct orders.store_code) = 1 then min(orders.store_code) end as facility_id
        from {{ source('raw', 'taobao_trades__orders') }} as orders
        where orders.shop = source.shop and orders._parent_tid = source.tid
    ) as lines on true

),

totalled as (

    select
        summed.*,
        -- A refund that succeeded has lowered `payment`: what the buyer once owed then follows from the amounts that stay.
        case
            when has_refund then items_amount - discount_amount + shipping_amount + tax_amount + adjust_amount
            else payment
        end as total_amount
    from summed

)

select
    -- ids
    shop,
    tid,
    coalesce(buyer_open_uid, buyer_nick) as customer_id,
    facility_id,

    -- text
    status,
    step_trade_status,
    (coalesce(type = 'step', false) or step_trade_status is not null) as is_presale,
    receiver_name,
    receiver_mobile,
    case when coalesce(receiver_country, '中国') = '中国' then 'CN' else receiver_country end as country,
    receiver_state as region,
    receiver_city as city,

    -- amounts
    items_amount,
    discount_amount,
    shipping_amount,
    tax_amount,
    total_amount - (items_amount - discount_amount + shipping_amount + tax_amount) as adjustment_amount,
    total_amount,
    step_paid_fee as deposit_amount,

    -- times
    created::timestamp at time zone 'Asia/Shanghai' as created_at,
    modified::timestamp at time zone 'Asia/Shanghai' as modified_at,
    pay_time::timestamp at time zone 'Asia/Shanghai' as paid_at,
    consign_time::timestamp at time zone 'Asia/Shanghai' as consigned_at,
    end_time::timestamp at time zone 'Asia/Shanghai' as ended_at,
    _loaded_at as loaded_at
from totalled
