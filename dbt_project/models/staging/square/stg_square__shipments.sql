with source as (

    select * from {{ source('raw', 'square_orders__fulfillments') }}

),

orders as (

    select * from {{ ref('stg_square__sales') }}

),

renamed as (

    select
        -- ids
        'square' as channel,
        source.shop,
        source._parent_id as order_id,
        source.uid as shipment_id,

        -- statuses: a shipment is completed when it leaves, a pick-up or a delivery when the buyer has it
        case
            when source.state = 'COMPLETED' and source.type <> 'SHIPMENT' then 'delivered'
            else {{ map_status('shipment', 'source.state') }}
        end as status,
        source.state as native_status,

        -- text
        places.name as facility_id,
        source.shipment_details_carrier as carrier,
        source.shipment_details_tracking_number as tracking_number,

        -- times
        case
            when source.state = 'COMPLETED' and source.type = 'SHIPMENT'
                then coalesce(source.shipment_details_shipped_at, orders.closed_at, orders.updated_at)
        end as shipped_at,
        case
            when source.state = 'COMPLETED' and source.type <> 'SHIPMENT'
                then coalesce(
                        source.pickup_details_picked_up_at,
                        source.delivery_details_completed_at,
                        orders.closed_at,
                        orders.updated_at
                    )
        end as delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_id = orders.id
    left join {{ source('raw', 'square_locations') }} as places
        on orders.shop = places.shop and orders.location_id = places.id

)

select * from renamed
