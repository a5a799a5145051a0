{{ config(materialized='view') }}

with lines as (
    select * from {{ ref('purchase_order_lines') }}
    where status <> 'cancelled'
),

judged as (
    select
        lines.*,
        -- Due: it came, or it should have.
        received_at is not null or expected_at < now() as is_due,
        received_at is not null and received_at::date <= expected_at::date as is_on_time,
        received_quantity >= quantity as is_in_full,
        extract(epoch from received_at - expected_at) / 86400 as days_late
    from lines
),

kept as (
    select
        channel,
        shop,
        supplier_id,
        (array_agg(supplier order by ordered_at desc nulls last))[1] as supplier,
        count(*)::integer as line_count,
        (count(*) filter (where is_due))::integer as due_line_count,
        (count(*) filter (where received_at is not null))::integer as received_line_count,
        (count(*) filter (where expected_at < now() and received_at is null))::integer as overdue_line_count,
        (count(*) filter (where is_due and expected_at is not null))::integer as promised_line_count,
        (count(*) filter (where is_due and is_on_time))::integer as on_time_line_count,
        (count(*) filter (where is_due and is_in_full))::integer as in_full_line_count,
        avg(days_late) as mean_days_late,
        sum(quantity)::bigint as ordered_quantity,
        sum(received_quantity)::bigint as received_quantity,
        max(received_at) as last_received_at
    from judged
    group by channel, shop, supplier_id
),

-- What arrived together of one purchase order is one delivery.
deliveries as (
    select distinct
        channel,
        shop,
        supplier_id,
        po_id,
        extract(epoch from received_at - ordered_at) / 86400 as days
    from lines
    where received_at >= ordered_at and sku is not null
),

times as (
    select
        channel,
        shop,
        supplier_id,
        count(*)::integer as delivery_count,
        avg(days) as lead_time_mean_days,
        stddev_samp(days) as lead_time_sd_days
    from deliveries
    group by channel, shop, supplier_id
),

performance as (
    select
        kept.channel,
        kept.shop,
        kept.supplier_id,
        kept.supplier,
        kept.line_count,
        kept.due_line_count,
        kept.received_line_count,
        kept.overdue_line_count,
        kept.on_time_line_count,
        kept.in_full_line_count,
        round(kept.on_time_line_count::numeric / nullif(kept.promised_line_count, 0), 4) as on_time_share,
        round(kept.in_full_line_count::numeric / nullif(kept.due_line_count, 0), 4) as in_full_share,
        kept.mean_days_late::double precision as mean_days_late,
        kept.ordered_quantity,
        kept.received_quantity,
        coalesce(times.delivery_count, 0) as delivery_count,
        times.lead_time_mean_days::double precision as lead_time_mean_days,
        times.lead_time_sd_days::double precision as lead_time_sd_days,
        kept.last_received_at
    from kept
    left join times
        on
            kept.channel = times.channel
            and kept.shop = times.shop
            and kept.supplier_id is not distinct from times.supplier_id
)

select * from performance
