with source as (

    select
        *,
        case
            when canceled_at is not null then 'canceled'
            when delivered_at is not null then 'delivered'
            when shipped_at is not null then 'shipped'
            else 'packed'
        end as native_status
    from {{ source('raw', 'medusa_orders__fulfillments') }}

),

orders as (

    select * from {{ source('raw', 'medusa_orders') }}

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as shipment_id,

        -- statuses: a fulfilment has times, of which its status is made
        {{ map_status('shipment', 'source.native_status') }} as status,
        source.native_status,

        -- text
        locations.name as facility_id,
        source.provider_id as carrier,
        labels.tracking_number,

        -- times
        source.shipped_at,
        source.delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_id = orders.id
    left join {{ source('raw', 'medusa_locations') }} as locations
        on source.shop = locations.shop and source.location_id = locations.id
    left join {{ source('raw', 'medusa_labels') }} as labels
        on
            source.shop = labels.shop and source._parent_id = labels._parent_id
            and source._position = labels._parent_position and labels._position = 0

)

select * from renamed
