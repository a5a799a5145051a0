with products as (
    select * from {{ ref('products') }}
    where sku is not null
),

shops as (
    select * from {{ ref('dim_channels') }}
),

rates as (
    select * from {{ ref('dim_exchange_rates') }}
    where rate_date = current_date
),

bundles as (
    select distinct bundle_sku from {{ ref('bundle_components') }}
),

-- The ERP is the master of an article; where it does not know one, the listing that changed last speaks for it.
ranked as (
    select
        products.*,
        shops.base_currency,
        row_number() over (
            partition by products.sku
            order by
                coalesce(shops.is_erp, false) desc,
                products.status = 'active' desc,
                products.updated_at desc nulls last,
                products.channel asc,
                products.shop asc,
                products.product_id asc,
                products.listing_id asc
        ) as choice,
        count(*) filter (where shops.is_erp is not true) over (partition by products.sku) as listing_count,
        coalesce(shops.is_erp, false) as is_master_data
    from products
    left join shops on products.channel = shops.channel and products.shop = shops.shop
),

chosen as (
    select
        ranked.sku,
        ranked.title,
        ranked.category,
        ranked.price,
        ranked.currency,
        ranked.cost,
        {{ to_base_currency('ranked.cost', 'ranked.currency', 'ranked.base_currency', 'rates.rate') }} as cost_base,
        ranked.base_currency,
        ranked.weight_g,
        ranked.status,
        bundles.bundle_sku is not null as is_bundle,
        ranked.is_master_data,
        ranked.channel as source_channel,
        ranked.shop as source_shop,
        cast(ranked.listing_count as integer) as listing_count,
        ranked.updated_at,
        ranked.loaded_at
    from ranked
    left join rates on ranked.base_currency = rates.base_currency and ranked.currency = rates.currency
    left join bundles on ranked.sku = bundles.bundle_sku
    where ranked.choice = 1
)

select * from chosen
