-- Read twice below: were it made once, it would be made of all refunds where one order is asked for.
with source as not materialized (

    select
        refunds.*,
        coalesce(refunds.amount, -refunds.total) as paid_amount,
        headers.currency,
        headers.has_left,
        headers.prices_include_tax,
        headers.modified_at,
        headers.loaded_at
    from {{ source('raw', 'woocommerce_orders__refunds') }} as refunds
    inner join {{ ref('stg_woocommerce__order_headers') }} as headers
        on refunds.shop = headers.shop and refunds._parent_id = headers.order_id

),

-- Which line a part is of stands in its metadata; where it does not, the one line of that product is meant.
parts as not materialized (

    select
        source.*,
        lines.id as line_id,
        lines.sku,
        -items.quantity as quantity,
        -(items.total + items.total_tax) as part_amount
    from source
    inner join {{ source('raw', 'woocommerce_refund_lines') }} as items
        on
            source.shop = items.shop and source._parent_id = items._parent_id
            and source._position = items._parent_position
    cross join
        lateral (
            select
                jsonb_path_query_first(
                    items.meta_data, 'strict $.** ? (@.key == "_refunded_item_id").value', '{}', true
                ) #>> '{}' as line_id
        ) as told
    left join lateral (
        select
            min(candidates.id) as id,
            min(candidates.sku) as sku
        from {{ source('raw', 'woocommerce_orders__line_items') }} as candidates
        where
            candidates.shop = items.shop and candidates._parent_id = items._parent_id
            and (
                candidates.id = told.line_id
                or (
                    told.line_id is null
                    and candidates.product_id = items.product_id and candidates.variation_id = items.variation_id
                )
            )
        having count(*) = 1
    ) as lines on true

),

of_lines as (

    select
        shop,
        _parent_id,
        id,
        line_id,
        min(sku) as sku,
        sum(quantity) as quantity,
        sum(part_amount) as amount,
        min(reason) as reason,
        bool_or(has_left and quantity > 0) as is_return,
        min(currency) as currency,
        min(date_created_gmt) as date_created_gmt,
        min(modified_at) as modified_at,
        min(loaded_at) as loaded_at
    from parts
    where line_id is not null
    group by shop, _parent_id, id, line_id

),

-- Money of no line: shipping, fees, goodwill; and less than the lines' worth where less was paid back.
of_orders as (

    select
        source.shop,
        source._parent_id,
        source.id,
        cast(null as text) as line_id,
        cast(null as text) as sku,
        cast(null as bigint) as quantity,
        source.paid_amount - named.amount as amount,
        source.reason,
        false as is_return,
        source.currency,
        source.date_created_gmt,
        source.modified_at,
        source.loaded_at
    from source
    left join lateral (
        select
            count(*) as count,
            coalesce(sum(parts.part_amount), 0) as amount
        from parts
        where
            parts.shop = source.shop and parts._parent_id = source._parent_id and parts.id = source.id
            and parts.line_id is not null
    ) as named on true
    where named.count = 0 or source.paid_amount <> named.amount

),

together as (

    select * from of_lines
    union all
    select * from of_orders

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        shop,
        _parent_id as order_id,
        id as refund_id,
        line_id,
        nullif(sku, '') as sku,
        quantity::int as quantity,

        -- statuses: WooCommerce writes a refund once it is given; of wishes it knows nothing
        case when is_return then 'return' else 'refund' end as kind,
        'completed' as status,
        cast(null as text) as native_status,
        nullif(reason, '') as reason,

        -- amounts
        amount,
        currency,
        cast(null as boolean) as is_restocked,

        -- times
        coalesce(date_created_gmt::timestamp at time zone 'UTC', modified_at) as requested_at,
        coalesce(date_created_gmt::timestamp at time zone 'UTC', modified_at) as completed_at,
        coalesce(date_created_gmt::timestamp at time zone 'UTC', modified_at) as updated_at,
        loaded_at
    from together

)

select * from renamed
