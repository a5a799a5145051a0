with source as (

    select * from {{ source('raw', 'shopify_orders__fulfillments') }}

),

orders as (

    select * from {{ source('raw', 'shopify_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        source.shop,
        source._parent_legacy_resource_id as order_id,
        source.legacy_resource_id as shipment_id,

        -- statuses: display_status follows the parcel, status only its record
        {{ map_status('shipment', 'coalesce(source.display_status, source.status)') }} as status,
        coalesce(source.display_status, source.status) as native_status,

        -- text
        source.location_name as facility_id,
        tracking.company as carrier,
        tracking.number as tracking_number,

        -- times
        case when source.status = 'SUCCESS' then coalesce(source.in_transit_at, source.created_at) end as shipped_at,
        source.delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_legacy_resource_id = orders.legacy_resource_id
    left join {{ source('raw', 'shopify_tracking') }} as tracking
        on
            source.shop = tracking.shop
            and source._parent_legacy_resource_id = tracking._parent_legacy_resource_id
            and source._position = tracking._parent_position
            and tracking._position = 0

)

select * from renamed
