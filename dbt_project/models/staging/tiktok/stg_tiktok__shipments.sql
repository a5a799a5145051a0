with parcels as (

    select
        shop,
        order_id,
        coalesce(package_id, tracking_number) as shipment_id,
        coalesce(min(package_status), min(status)) as native_status,
        min(carrier) as carrier,
        min(tracking_number) as tracking_number,
        min(shipped_at) as shipped_at
    from {{ ref('stg_tiktok__items') }}
    where coalesce(package_id, tracking_number) is not null
    group by shop, order_id, coalesce(package_id, tracking_number)

),

orders as (

    select * from {{ source('raw', 'tiktok_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        parcels.shop,
        parcels.order_id,
        parcels.shipment_id,
        {{ map_status('shipment', 'parcels.native_status', 'tiktok') }} as status,
        parcels.native_status,
        cast(null as text) as facility_id,
        coalesce(parcels.carrier, orders.shipping_provider) as carrier,
        parcels.tracking_number,

        -- times
        case
            when {{ map_status('shipment', 'parcels.native_status', 'tiktok') }} <> 'pending'
                then coalesce(to_timestamp(nullif(orders.collection_time, 0)), parcels.shipped_at)
        end as shipped_at,
        case
            when {{ map_status('shipment', 'parcels.native_status', 'tiktok') }} = 'delivered'
                then to_timestamp(nullif(orders.delivery_time, 0))
        end as delivered_at,
        orders._loaded_at as loaded_at
    from parcels
    inner join orders
        on parcels.shop = orders.shop and parcels.order_id = orders.id

)

select * from renamed
