with source as (

    select
        *,
        jd_price * item_total as gross_amount
    from {{ source('raw', 'jd_orders__item_info_list') }}

),

sales as (

    select * from {{ ref('stg_jd__sales') }}

),

refunds as (

    select * from {{ ref('stg_jd__refunds') }}

),

shared as (

    select
        source.*,
        sales.created_at,
        sales.is_cancelled,
        sales.has_left,
        sales.loaded_at,
        -- The shop's discount by the lines' amounts, each cent given once: what is due up to this line less what was before it.
        round(sales.discount_amount * (beside.before + source.gross_amount) / nullif(beside.whole, 0), 2)
        - round(sales.discount_amount * beside.before / nullif(beside.whole, 0), 2) as discount_share,
        beside.same_before
    from source
    inner join sales
        on source.shop = sales.shop and source._parent_order_id = sales.order_id
    left join lateral (
        select
            coalesce(sum(items.jd_price * items.item_total), 0) as whole,
            coalesce(sum(items.jd_price * items.item_total) filter (where items._position < source._position), 0) as before,
            count(*) filter (where items._position < source._position and items.sku_id = source.sku_id) as same_before
        from {{ source('raw', 'jd_orders__item_info_list') }} as items
        where items.shop = source.shop and items._parent_order_id = source._parent_order_id
    ) as beside on true

),

renamed as (

    select
        -- ids
        'jd' as channel,
        shared.shop,
        shared._parent_order_id as order_id,
        -- A sku that is in an order twice (as a gift, say) is counted.
        case when shared.same_before = 0 then shared.sku_id else shared.sku_id || '-' || shared.same_before end as line_id,
        shared._position + 1 as position,
        'product' as line_kind,
        nullif(shared.ware_id #>> '{}', '') as product_id,
        shared.sku_id as listing_id,
        nullif(shared.outer_sku_id, '') as sku,
        shared.sku_name as title,

        -- amounts
        shared.item_total::int as quantity,
        shared.jd_price as unit_price,
        coalesce(shared.discount_share, 0) as discount_amount,
        0::numeric as tax_amount,
        shared.gross_amount - coalesce(shared.discount_share, 0) as total_amount,
        'CNY' as currency,

        -- quantities
        case when shared.has_left then shared.item_total else 0 end::int as shipped_quantity,
        case when shared.has_left then least(refunded.quantity, shared.item_total) else 0 end::int as refunded_quantity,
        case
            when shared.has_left then 0
            when shared.is_cancelled then shared.item_total
            else least(refunded.quantity, shared.item_total)
        end::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        shared.created_at as ordered_at,
        shared.loaded_at
    from shared
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from refunds
        where
            refunds.shop = shared.shop and refunds.order_id = shared._parent_order_id and refunds.line_id = shared.sku_id
            and refunds.status = 'completed' and shared.same_before = 0
    ) as refunded on true

)

select * from renamed
