with pieces as (

    select * from {{ ref('stg_lazada__pieces') }}
    where package_id is not null or tracking_code is not null

),

orders as (

    select * from {{ source('raw', 'lazada_orders') }}
    where _deleted_at is null

),

parcels as (

    select
        shop,
        order_id,
        coalesce(package_id, tracking_code) as parcel_id,
        min(carrier) as carrier,
        min(tracking_code) as tracking_code,
        -- A parcel moves as one: its first piece speaks for it.
        (array_agg(native_status order by piece_id))[1] as native_status
    from pieces
    group by shop, order_id, coalesce(package_id, tracking_code)

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        parcels.shop,
        parcels.order_id,
        parcels.order_id || '-' || parcels.parcel_id as shipment_id,
        {{ map_status('shipment', 'parcels.native_status', 'lazada') }} as status,
        parcels.native_status,
        cast(null as text) as facility_id,
        parcels.carrier,
        parcels.tracking_code as tracking_number,

        -- times
        cast(null as timestamptz) as shipped_at,
        cast(null as timestamptz) as delivered_at,
        orders._loaded_at as loaded_at
    from parcels
    inner join orders
        on parcels.shop = orders.shop and parcels.order_id = orders.order_id

)

select * from renamed
