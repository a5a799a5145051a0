with trades as (

    select * from {{ source('raw', 'taobao_trades') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        trades.shop,
        trades.tid as order_id,
        -- One parcel may carry several trades of a buyer, so that its number alone names no row.
        case when parcels.invoice_no = '' then trades.tid else trades.tid || '-' || parcels.invoice_no end as shipment_id,
        {{ map_status('shipment', 'trades.status', 'taobao') }} as status,
        trades.status as native_status,
        parcels.store_code as facility_id,
        parcels.logistics_company as carrier,
        nullif(parcels.invoice_no, '') as tracking_number,

        -- times
        parcels.consign_time::timestamp at time zone 'Asia/Shanghai' as shipped_at,
        -- The platform tells when the buyer confirmed, not when the parcel came.
        case
            when trades.status in ('TRADE_BUYER_SIGNED', 'TRADE_FINISHED')
                then coalesce(parcels.end_time, trades.end_time)::timestamp at time zone 'Asia/Shanghai'
        end as delivered_at,
        trades._loaded_at as loaded_at
    from trades
    -- trade by trade, so that a few trades are read without packing the parcels of all
    cross join lateral (
        select
            coalesce(orders.invoice_no, '') as invoice_no,
            min(orders.store_code) as store_code,
            min(orders.logistics_company) as logistics_company,
            min(orders.consign_time) as consign_time,
            max(orders.end_time) as end_time
        from {{ source('raw', 'taobao_trades__orders') }} as orders
        where orders.shop = trades.shop and orders._parent_tid = trades.tid and orders.consign_time is not null
        group by coalesce(orders.invoice_no, '')
    ) as parcels

)

select * from renamed
