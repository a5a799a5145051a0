with source as (

    select * from {{ source('raw', 'douyin_orders__logistics_info') }}

),

orders as (

    select
        *,
        {{ map_status('shipment', 'cast(order_status as text)', 'douyin') }} as mapped_status
    from {{ source('raw', 'douyin_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        source.shop,
        source._parent_order_id as order_id,
        coalesce(nullif(source.delivery_id, ''), nullif(source.tracking_no, ''), cast(source._position as text)) as shipment_id,
        case when received.at is not null then 'delivered' else orders.mapped_status end as status,
        cast(orders.order_status as text) as native_status,
        cast(null as text) as facility_id,
        coalesce(nullif(source.company_name, ''), source.company) as carrier,
        nullif(source.tracking_no, '') as tracking_number,

        -- times
        to_timestamp(coalesce(nullif(source.ship_time, 0), nullif(orders.ship_time, 0))) as shipped_at,
        case
            when received.at is not null then received.at
            when orders.mapped_status = 'delivered' then to_timestamp(nullif(orders.finish_time, 0))
        end as delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_id = orders.order_id
    left join lateral (
        select to_timestamp(nullif(max(lines.logistics_receipt_time), 0)) as at
        from {{ source('raw', 'douyin_orders__sku_order_list') }} as lines
        where lines.shop = source.shop and lines._parent_order_id = source._parent_order_id
    ) as received on true

)

select * from renamed
