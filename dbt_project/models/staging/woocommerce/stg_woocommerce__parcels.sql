with headers as (

    select * from {{ ref('stg_woocommerce__order_headers') }}

)

-- PHP writes a list with gaps as a map, hence at any depth.
select
    headers.shop,
    headers.order_id,
    items.position::int as position,
    items.item,
    coalesce(nullif(items.item ->> 'tracking_id', ''), items.position::text) as parcel_id,
    nullif(items.item ->> 'tracking_number', '') as tracking_number,
    coalesce(nullif(items.item ->> 'custom_tracking_provider', ''), nullif(items.item ->> 'tracking_provider', '')) as carrier,
    case
        when items.item ->> 'date_shipped' ~ '^[0-9]{9,10}$' then to_timestamp((items.item ->> 'date_shipped')::bigint)
    end as shipped_at,
    headers.completed_at,
    headers.loaded_at
from headers
cross join
    lateral jsonb_path_query(
        headers.meta_data,
        'strict $.** ? (@.key == "_wc_shipment_tracking_items").value.** ? (exists (@.tracking_number))',
        '{}',
        true
    ) with ordinality as items (item, position)
