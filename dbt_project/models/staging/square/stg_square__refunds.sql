{{
    config(
        pre_hook=[
            "{{ raw_index('square_refunds', 'square_refunds_payment', 'shop, payment_id') }}",
            "{{ raw_index('square_refunds', 'square_refunds_order', 'shop, (order_id collate \"C\")') }}"
        ]
    )
}}

-- A refund names the payment, whose order is the one that was paid; its own order is one that Square made for it.
with paid as not materialized (

    select
        payments.order_id as paid_order_id,
        refunds.*
    from {{ source('raw', 'square_payments') }} as payments
    inner join {{ source('raw', 'square_refunds') }} as refunds
        on payments.shop = refunds.shop and payments.id = refunds.payment_id
    where payments.order_id is not null and refunds._deleted_at is null

),

-- Refunds of what was not paid through Square, or before anything that it still tells.
loose as not materialized (

    select
        refunds.order_id collate "C" as paid_order_id,
        refunds.*
    from {{ source('raw', 'square_refunds') }} as refunds
    where
        refunds.order_id is not null and refunds._deleted_at is null
        and not exists (
            select 1 from {{ source('raw', 'square_payments') }} as payments
            where payments.shop = refunds.shop and payments.id = refunds.payment_id and payments.order_id is not null
        )

),

source as not materialized (

    select * from paid
    union all
    select * from loose

),

-- Where one order that gives back is paid back in several refunds (two cards), its pieces go with the first of them.
of_lines as (

    select
        source.*,
        items.line_id,
        items.quantity,
        items.amount,
        items.loaded_at as return_loaded_at
    from source
    cross join
        lateral (
            select
                lines.source_line_item_uid as line_id,
                sum(ceil(lines.quantity)) as quantity,
                sum(coalesce(lines.total_money_amount, 0)) as amount,
                max(orders._loaded_at) as loaded_at
            from {{ source('raw', 'square_orders__returns') }} as returns
            inner join {{ source('raw', 'square_return_lines') }} as lines
                on
                    returns.shop = lines.shop and returns._parent_id = lines._parent_id
                    and returns._position = lines._parent_position
            inner join {{ source('raw', 'square_orders') }} as orders
                on returns.shop = orders.shop and returns._parent_id = orders.id
            where
                returns.shop = source.shop and returns._parent_id = source.order_id
                and returns.source_order_id = source.paid_order_id and lines.source_line_item_uid is not null
            group by lines.source_line_item_uid
        ) as items
    where
        not exists (
            select 1 from {{ source('raw', 'square_refunds') }} as others
            where others.shop = source.shop and others.order_id = source.order_id and others.id < source.id
        )

),

-- Money that belongs to no line, and what was paid back beside the lines' worth.
of_orders as (

    select
        source.*,
        cast(null as text) as line_id,
        0 as quantity,
        source.amount_money_amount - coalesce(items.amount, 0) as amount,
        source._loaded_at as return_loaded_at
    from source
    left join lateral (
        select sum(lines.amount) as amount
        from of_lines as lines
        where lines.shop = source.shop and lines.paid_order_id = source.paid_order_id and lines.id = source.id
    ) as items on true
    where items.amount is null or items.amount <> source.amount_money_amount

),

parts as (

    select * from of_lines
    union all
    select * from of_orders

),

renamed as (

    select
        -- ids
        'square' as channel,
        parts.shop,
        parts.paid_order_id as order_id,
        parts.id as refund_id,
        parts.line_id,
        nullif(items.item_variation_data_sku, '') as sku,
        parts.quantity::int as quantity,

        -- statuses: what is given back of an order that ended before it left does not come back
        case when parts.line_id is not null and orders.state <> 'CANCELED' then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'parts.status') }} as status,
        parts.status as native_status,
        parts.reason,

        -- amounts
        parts.amount * {{ minor_unit('parts.amount_money_currency') }} as amount,
        parts.amount_money_currency as currency,
        -- Square does not say with the refund what became of the goods.
        false as is_restocked,

        -- times
        parts.created_at as requested_at,
        case when parts.status in ('COMPLETED', 'REJECTED', 'FAILED') then parts.updated_at end as completed_at,
        parts.updated_at,
        greatest(parts._loaded_at, parts.return_loaded_at) as loaded_at
    from parts
    left join {{ source('raw', 'square_orders') }} as orders
        on parts.shop = orders.shop and parts.paid_order_id = orders.id
    left join {{ source('raw', 'square_orders__line_items') }} as lines
        on parts.shop = lines.shop and parts.paid_order_id = lines._parent_id and parts.line_id = lines.uid
    left join {{ source('raw', 'square_variations') }} as items
        on lines.shop = items.shop and lines.catalog_object_id = items.id

)

select * from renamed
