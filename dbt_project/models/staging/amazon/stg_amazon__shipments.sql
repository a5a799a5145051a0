with source as (

    select * from {{ source('raw', 'amazon_orders__packages') }}

),

orders as (

    select * from {{ source('raw', 'amazon_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        source.shop,
        source._parent_order_id as order_id,
        source.package_reference_id as shipment_id,

        -- statuses
        {{ map_status('shipment', "coalesce(source.package_status_status, 'SHIPPED')", 'amazon') }} as status,
        source.package_status_status as native_status,

        -- text
        cast(null as text) as facility_id,
        source.carrier,
        source.tracking_number,

        -- times
        source.ship_time as shipped_at,
        -- Amazon says that a parcel arrived, not when; the order was updated for it.
        case when source.package_status_status = 'DELIVERED' then orders.last_updated_time end as delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_id = orders.order_id

)

select * from renamed
