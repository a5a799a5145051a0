with source as (

    select * from {{ source('tryton', 'tryton_sales__shipments') }}

),

sales as (

    select * from {{ ref('stg_tryton__sales') }}
    where not is_return

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as shipment_id,

        -- statuses
        {{ map_status('shipment', 'source.state') }} as status,
        source.state as native_status,

        -- text
        warehouses.facility_id,
        source.carrier_party_name as carrier,
        nullif(source.shipping_reference, '') as tracking_number,

        -- times: the day, and the clock where it was last written on that day
        case
            when source.state in ('shipped', 'done')
                then {{ tryton_moment('source.effective_date', 'source.write_date', 'sales.timezone') }}
        end as shipped_at,
        cast(null as timestamptz) as delivered_at,
        sales._loaded_at as loaded_at
    from source
    inner join sales on source.shop = sales.shop and source._parent_id = sales.id
    left join {{ ref('stg_tryton__warehouses') }} as warehouses
        on source.shop = warehouses.shop and source.warehouse = warehouses.warehouse_id

)

select * from renamed
