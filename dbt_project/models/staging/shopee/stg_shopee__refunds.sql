with source as (

    select
        *,
        coalesce(return_solution = 0, needs_logistics, false) as is_return
    from {{ source('raw', 'shopee_returns') }}
    where _deleted_at is null

),

items as (

    select
        *,
        coalesce(item_price, 0) * amount as worth
    from {{ source('raw', 'shopee_returns__item') }}

),

shares as (

    select
        source.*,
        items._position,
        items.item_id,
        items.model_id,
        items.amount,
        coalesce(nullif(items.variation_sku, ''), nullif(items.item_sku, '')) as stated_sku,
        whole.count as items_count,
        whole.worth as whole_worth,
        -- What the items up to this one, and those before it, are worth.
        before.worth as worth_before,
        before.worth + items.worth as worth_with
    from source
    left join items
        on source.shop = items.shop and source.return_sn = items._parent_return_sn
    left join lateral (
        select
            count(*) as count,
            sum(siblings.worth) as worth
        from items as siblings
        where siblings.shop = source.shop and siblings._parent_return_sn = source.return_sn
    ) as whole on true
    left join lateral (
        select coalesce(sum(earlier.worth), 0) as worth
        from items as earlier
        where
            earlier.shop = source.shop and earlier._parent_return_sn = source.return_sn
            and earlier._position < items._position
    ) as before on true

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        shares.shop,
        shares.order_sn as order_id,
        shares.return_sn || case when shares.items_count > 1 then '-' || (shares._position + 1) else '' end as refund_id,
        lines.line_id,
        coalesce(lines.sku, shares.stated_sku) as sku,
        shares.amount::int as quantity,

        -- statuses
        case when shares.is_return then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'shares.status', 'shopee') }} as status,
        shares.status as native_status,
        shares.reason,

        -- amounts
        -- Shopee states the money of the whole return: it is divided by the prices, so that the parts make up the whole.
        case
            when shares.items_count > 1 and shares.whole_worth > 0
                then
                    round(shares.refund_amount * shares.worth_with / shares.whole_worth, 2)
                    - round(shares.refund_amount * shares.worth_before / shares.whole_worth, 2)
            when coalesce(shares._position, 0) = 0 then shares.refund_amount
            else 0
        end as amount,
        shares.currency,
        (shares.status = 'COMPLETED' and shares.is_return) as is_restocked,

        -- times
        to_timestamp(shares.create_time) as requested_at,
        case when shares.status in ('COMPLETED', 'CANCELLED', 'CLOSED') then to_timestamp(shares.update_time) end as completed_at,
        to_timestamp(shares.update_time) as updated_at,
        shares._loaded_at as loaded_at
    from shares
    left join lateral (
        select
            min(sold.line_id) as line_id,
            min(sold.sku) as sku
        from {{ ref('stg_shopee__sold') }} as sold
        where
            sold.shop = shares.shop and sold.order_id = shares.order_sn
            and sold.item_id = shares.item_id and sold.model_id = shares.model_id
    ) as lines on true

)

select * from renamed
