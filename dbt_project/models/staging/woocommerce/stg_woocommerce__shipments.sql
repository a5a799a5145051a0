with parcels as not materialized (

    select * from {{ ref('stg_woocommerce__parcels') }}

),

-- Completed, and nobody noted a parcel.
untold as (

    select
        headers.shop,
        headers.order_id,
        headers.order_id as parcel_id,
        cast(null as text) as tracking_number,
        cast(null as text) as carrier,
        headers.completed_at as shipped_at,
        headers.loaded_at
    from {{ ref('stg_woocommerce__order_headers') }} as headers
    where
        headers.has_left
        and not exists (
            select 1 from parcels
            where parcels.shop = headers.shop and parcels.order_id = headers.order_id
        )

),

together as (

    select
        shop,
        order_id,
        parcel_id,
        tracking_number,
        carrier,
        coalesce(shipped_at, completed_at) as shipped_at,
        loaded_at
    from parcels
    union all
    select * from untold

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        shop,
        order_id,
        order_id || '-' || parcel_id as shipment_id,

        -- statuses: where a parcel is, WooCommerce does not know
        'shipped' as status,
        cast(null as text) as native_status,

        -- text
        cast(null as text) as facility_id,
        carrier,
        tracking_number,

        -- times
        shipped_at,
        cast(null as timestamptz) as delivered_at,
        loaded_at
    from together

)

select * from renamed
