with orders as (

    select * from {{ source('raw', 'ebay_orders') }}
    where _deleted_at is null

),

-- The address of a parcel at eBay ends with its tracking number, or a short number of eBay's where there is none.
hrefs as (

    select
        orders.*,
        split_part(reverse(split_part(reverse(parts.href), '/', 1)), '?', 1) as parcel
    from orders
    cross join lateral jsonb_array_elements_text(orders.fulfillment_hrefs) as parts (href)

),

parcels as (

    select distinct on (shop, order_id, parcel) *
    from hrefs
    order by shop, order_id, parcel

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        shop,
        order_id,
        parcel as shipment_id,

        -- statuses: what eBay lists has left
        'shipped' as status,
        cast(null as text) as native_status,

        -- text
        cast(null as text) as facility_id,
        cast(null as text) as carrier,
        case when length(parcel) > 3 then parcel end as tracking_number,

        -- times
        cast(null as timestamptz) as shipped_at,
        cast(null as timestamptz) as delivered_at,
        _loaded_at as loaded_at
    from parcels

)

select * from renamed
