with packages as (

    select * from {{ source('raw', 'shopee_orders__package_list') }}
    where logistics_status is not null

),

orders as (

    select * from {{ source('raw', 'shopee_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        packages.shop,
        packages._parent_order_sn as order_id,
        packages.package_number as shipment_id,
        {{ map_status('shipment', 'packages.logistics_status', 'shopee') }} as status,
        packages.logistics_status as native_status,
        cast(null as text) as facility_id,
        packages.shipping_carrier as carrier,
        cast(null as text) as tracking_number,

        -- times
        case
            when packages.logistics_status in ('LOGISTICS_PICKUP_DONE', 'LOGISTICS_DELIVERY_DONE', 'LOGISTICS_DELIVERY_FAILED')
                then to_timestamp(nullif(orders.pickup_done_time, 0))
        end as shipped_at,
        cast(null as timestamptz) as delivered_at,
        orders._loaded_at as loaded_at
    from packages
    inner join orders
        on packages.shop = orders.shop and packages._parent_order_sn = orders.order_sn

)

select * from renamed
