with stock as (
    select
        facility_id,
        sku,
        cast(sum(on_hand) as integer) as on_hand,
        max(as_of) as as_of
    from {{ ref('stock') }}
    group by facility_id, sku
),

commitments as (
    select
        facility_id,
        sku,
        cast(coalesce(sum(quantity) filter (where not is_presale), 0) as integer) as committed,
        cast(coalesce(sum(quantity) filter (where is_presale), 0) as integer) as presale_reserved
    from {{ source('ops', 'commitments') }}
    where quantity > 0
    group by facility_id, sku
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
    from stock
    union
    select
        facility_id,
        sku
    from commitments
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
        coalesce(stock.on_hand, 0) as on_hand,
        coalesce(commitments.committed, 0) as committed,
        coalesce(commitments.presale_reserved, 0) as presale_reserved,
        coalesce(incoming.incoming_quantity, 0) as incoming_quantity,
        incoming.next_expected_at,
        stock.as_of
    from keys
    left join stock on keys.facility_id = stock.facility_id and keys.sku = stock.sku
    left join commitments on keys.facility_id = commitments.facility_id and keys.sku = commitments.sku
    left join incoming on keys.facility_id = incoming.facility_id and keys.sku = incoming.sku
)

select * from position
