with source as (

    select
        *,
        goods_price * goods_count as gross_amount
    from {{ source('raw', 'pinduoduo_orders__item_list') }}

),

orders as (

    select * from {{ source('raw', 'pinduoduo_orders') }}

),

refunds as (

    select * from {{ ref('stg_pinduoduo__refunds') }}

),

shared as (

    select
        source.*,
        orders.created_time,
        orders.last_ship_time,
        orders.confirm_status,
        orders._deleted_at,
        orders._loaded_at,
        nullif(orders.shipping_time, '') is not null as has_left,
        -- The order's discount by the lines' amounts, each cent given once: what is due up to this line less what was before it.
        round(coalesce(orders.discount_amount, 0) * (beside.before + source.gross_amount) / nullif(beside.whole, 0), 2)
        - round(coalesce(orders.discount_amount, 0) * beside.before / nullif(beside.whole, 0), 2) as discount_share,
        beside.same_before
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_sn = orders.order_sn
    left join lateral (
        select
            coalesce(sum(items.goods_price * items.goods_count), 0) as whole,
            coalesce(sum(items.goods_price * items.goods_count) filter (where items._position < source._position), 0) as before,
            count(*) filter (where items._position < source._position and items.sku_id = source.sku_id) as same_before
        from {{ source('raw', 'pinduoduo_orders__item_list') }} as items
        where items.shop = source.shop and items._parent_order_sn = source._parent_order_sn
    ) as beside on true

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        shared.shop,
        shared._parent_order_sn as order_id,
        -- A line has no id of its own: a sku that is in an order twice is counted.
        case when shared.same_before = 0 then shared.sku_id else shared.sku_id || '-' || shared.same_before end as line_id,
        shared._position + 1 as position,
        'product' as line_kind,
        shared.goods_id as product_id,
        shared.sku_id as listing_id,
        nullif(shared.outer_id, '') as sku,
        shared.goods_name as title,

        -- amounts
        shared.goods_count::int as quantity,
        shared.goods_price as unit_price,
        coalesce(shared.discount_share, 0) as discount_amount,
        0::numeric as tax_amount,
        shared.gross_amount - coalesce(shared.discount_share, 0) as total_amount,
        'CNY' as currency,

        -- quantities
        case when shared.has_left then shared.goods_count else 0 end::int as shipped_quantity,
        case when shared.has_left then least(refunded.quantity, shared.goods_count) else 0 end::int as refunded_quantity,
        case
            when shared.has_left then 0
            when shared.confirm_status = 2 or shared._deleted_at is not null then shared.goods_count
            else least(refunded.quantity, shared.goods_count)
        end::int as cancelled_quantity,

        -- times
        {{ beijing_time('shared.last_ship_time') }} as promised_at,
        {{ beijing_time('shared.created_time') }} as ordered_at,
        shared._loaded_at as loaded_at
    from shared
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from refunds
        where
            refunds.shop = shared.shop and refunds.order_id = shared._parent_order_sn and refunds.line_id = shared.sku_id
            and refunds.status = 'completed' and shared.same_before = 0
    ) as refunded on true

)

select * from renamed
