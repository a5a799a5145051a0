with positions as (
    select * from {{ source('ops', 'stock_positions') }}
),

feeds as (
    select * from {{ source('ops', 'stock_feeds') }}
),

incoming as (
    select
        facility_id,
        sku,
        cast(sum(quantity - received_quantity) as integer) as incoming_quantity,
        min(expected_at) as next_expected_at
    from {{ ref('purchase_order_lines') }}
    where status = 'open' and quantity > received_quantity
    group by facility_id, sku
),

keys as (
    select
        facility_id,
        sku
    from positions
    union
    select
        facility_id,
        sku
    from incoming
),

position as (
    select
        keys.facility_id,
        keys.sku,
        coalesce(positions.on_hand, 0) as on_hand,
        coalesce(positions.committed, 0) as committed,
        coalesce(positions.held, 0) as held,
        coalesce(positions.presale_reserve, 0) as presale_reserve,
        coalesce(positions.presale_promised, 0) as presale_promised,
        coalesce(positions.unsellable, 0) as unsellable,
        coalesce(incoming.incoming_quantity, 0) as incoming_quantity,
        incoming.next_expected_at,
        feeds.counted_at
    from keys
    left join positions on keys.facility_id = positions.facility_id and keys.sku = positions.sku
    left join incoming on keys.facility_id = incoming.facility_id and keys.sku = incoming.sku
    left join feeds on keys.facility_id = feeds.facility_id
)

select * from position
