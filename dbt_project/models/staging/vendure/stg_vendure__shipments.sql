with source as (

    select * from {{ source('raw', 'vendure_fulfillments') }}

),

orders as (

    select * from {{ source('raw', 'vendure_orders') }}

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as shipment_id,

        -- statuses
        {{ map_status('shipment', 'source.state') }} as status,
        source.state as native_status,

        -- text: which stock location serves a parcel is not told
        cast(null as text) as facility_id,
        nullif(source.method, '') as carrier,
        nullif(source.tracking_code, '') as tracking_number,

        -- times
        case when source.state in ('Shipped', 'Delivered') then coalesce(events.shipped_at, source.created_at) end as shipped_at,
        case when source.state = 'Delivered' then coalesce(events.delivered_at, source.updated_at) end as delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    left join lateral (
        select
            min(history.created_at) filter (where history.data ->> 'to' = 'Shipped') as shipped_at,
            max(history.created_at) filter (where history.data ->> 'to' = 'Delivered') as delivered_at
        from {{ source('raw', 'vendure_history') }} as history
        where
            history.shop = source.shop and history._parent_id = source._parent_id
            and history.type = 'ORDER_FULFILLMENT_TRANSITION' and history.data ->> 'fulfillmentId' = source.id
    ) as events on true

)

select * from renamed
