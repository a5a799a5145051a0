with source as (

    select
        *,
        'order_status=' || order_status as native_status
    from {{ source('raw', 'pinduoduo_orders') }}
    where nullif(shipping_time, '') is not null and _deleted_at is null

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        shop,
        order_sn as order_id,
        order_sn as shipment_id,
        {{ map_status('shipment', 'native_status', 'pinduoduo') }} as status,
        native_status,
        nullif(order_depot_info_depot_code, '') as facility_id,
        nullif(nullif(logistics_id #>> '{}', ''), '0') as carrier,
        nullif(tracking_number, '') as tracking_number,

        -- times
        {{ beijing_time('shipping_time') }} as shipped_at,
        {{ beijing_time('receive_time') }} as delivered_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
