with source as (

    select * from {{ source('raw', 'amazon_refunds') }}
    where _deleted_at is null

),

charges as (

    select
        *,
        string_to_array(breakdown_type, '/') as way
    from {{ source('raw', 'amazon_refund_charges') }}

),

-- Whose money each charge is. A buyer pays and gets back price, shipping, wrapping and tax, less discounts; what Amazon charges
-- the seller, and the tax that it withholds from the seller, is none of the buyer's.
owned as (

    select
        *,
        case
            when
                way && array['AmazonFees', 'FBAFees', 'Commission', 'RefundCommission']
                or breakdown_type ~ '(Chargeback|Fee)(/|$)'
                or breakdown_type ~ '(^|/)(MarketplaceFacilitator|LowValueGoods)'
                then 'seller'
            when
                way && array['ProductCharges', 'Product Charges', 'Shipping', 'Giftwrap', 'Tax', 'Promo', 'PromoRebates']
                or breakdown_type
                ~ '(^|/)(OurPrice|Shipping|Giftwrap|Goodwill|RestockingDeduction)(Principal|Tax|Discount|TaxDiscount)$'
                then 'buyer'
            when breakdown_amount_currency_amount = 0 then 'seller'
            else 'unknown'
        end as owner
    from charges

),

summed as (

    select
        source.shop,
        source.transaction_id,
        source.order_id,
        source.transaction_type,
        source.description,
        source.posted_date,
        source._loaded_at,
        items._position,
        items.sku,
        items.asin,
        items.quantity_shipped,
        coalesce(parts.currency, source.total_amount_currency_code) as currency,
        -- Without any charge, what is told of the whole is all there is.
        -coalesce(parts.amount, items.total_amount_currency_amount, source.total_amount_currency_amount) as amount,
        coalesce(parts.goods <> 0, false) as is_of_goods,
        parts.unknown,
        siblings.items_count
    from source
    inner join {{ source('raw', 'amazon_refunds__items') }} as items
        on source.shop = items.shop and source.transaction_id = items._parent_transaction_id
    left join lateral (
        select
            min(owned.breakdown_amount_currency_code) as currency,
            case
                when count(*) > 0
                    then coalesce(sum(owned.breakdown_amount_currency_amount) filter (where owned.owner = 'buyer'), 0)
            end as amount,
            sum(owned.breakdown_amount_currency_amount) filter (
                where owned.owner = 'buyer' and owned.breakdown_type ~ '(Principal|Product ?Charges)$'
            ) as goods,
            min(owned.breakdown_type) filter (where owned.owner = 'unknown') as unknown
        from owned
        where
            owned.shop = items.shop and owned._parent_transaction_id = items._parent_transaction_id
            and owned._parent_position = items._position
    ) as parts on true
    -- Not counted by a window: whoever asks for what is new would read all.
    left join lateral (
        select count(*) as items_count
        from {{ source('raw', 'amazon_refunds__items') }} as others
        where others.shop = source.shop and others._parent_transaction_id = source.transaction_id
    ) as siblings on true
    -- One whose money was held back is told again, by another transaction, when the seller's account is charged.
    where
        not exists (
            select 1 from {{ source('raw', 'amazon_refunds') }} as original
            where original.shop = source.shop and original.transaction_id = source.deferred_transaction_id
        )

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        summed.shop,
        summed.order_id,
        summed.transaction_id || case when summed.items_count > 1 then '-' || (summed._position + 1) else '' end as refund_id,
        lines.line_id,
        coalesce(lines.sku, summed.sku) as sku,
        case when summed.is_of_goods then abs(summed.quantity_shipped)::int end as quantity,

        -- statuses: a charge that nobody knows is shown in the place of the status, which the check of statuses then reports
        'refund' as kind,
        {{ map_status('refund', 'coalesce(summed.unknown, summed.transaction_type)', 'amazon') }} as status,
        coalesce(summed.unknown, summed.transaction_type) as native_status,
        summed.description as reason,

        -- amounts
        summed.amount,
        summed.currency,
        false as is_restocked,

        -- times
        summed.posted_date as requested_at,
        summed.posted_date as completed_at,
        summed.posted_date as updated_at,
        summed._loaded_at as loaded_at
    from summed
    -- Transactions are the account's: those of orders that are not this shop's stay out.
    inner join {{ source('raw', 'amazon_orders') }} as orders
        on summed.shop = orders.shop and summed.order_id = orders.order_id
    left join lateral (
        select
            min(sold.order_item_id) as line_id,
            min(sold.product_seller_sku) as sku
        from {{ source('raw', 'amazon_orders__order_items') }} as sold
        where
            sold.shop = summed.shop and sold._parent_order_id = summed.order_id
            and (sold.product_seller_sku = summed.sku or (summed.sku is null and sold.product_asin = summed.asin))
    ) as lines on true
    where summed.amount <> 0 or summed.unknown is not null

)

select * from renamed
