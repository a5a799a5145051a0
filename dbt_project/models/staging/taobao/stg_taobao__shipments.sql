with source as (

    select * from {{ source('raw', 'taobao_trades__orders') }}
    where consign_time is not null

),

trades as (

    select * from {{ source('raw', 'taobao_trades') }}
    where _deleted_at is null

),

parcels as (

    select
        shop,
        _parent_tid as tid,
        coalesce(invoice_no, '') as invoice_no,
        min(store_code) as store_code,
        min(logistics_company) as logistics_company,
        min(consign_time) as consign_time,
        max(end_time) as end_time
    from source
    group by shop, _parent_tid, coalesce(invoice_no, '')

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
    from parcels
    inner join trades
        on parcels.shop = trades.shop and parcels.tid = trades.tid

)

select * from renamed
