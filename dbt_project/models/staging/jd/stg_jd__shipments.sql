with source as (

    select * from {{ ref('stg_jd__sales') }}
    where nullif(waybill, '') is not null and deleted_at is null

),

renamed as (

    select
        -- ids
        'jd' as channel,
        shop,
        order_id,
        order_id as shipment_id,
        {{ map_status('shipment', 'order_state', 'jd') }} as status,
        order_state as native_status,
        cast(null as text) as facility_id,
        nullif(nullif(logistics_id #>> '{}', ''), '0') as carrier,
        waybill as tracking_number,

        -- times
        cast(null as timestamptz) as shipped_at,
        ended_at as delivered_at,
        loaded_at
    from source

)

select * from renamed
