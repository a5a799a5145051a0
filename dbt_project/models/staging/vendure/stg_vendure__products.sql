with source as (

    select * from {{ source('raw', 'vendure_variants') }}

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        source.shop,
        source.product_id,
        source.id as listing_id,
        nullif(source.sku, '') as sku,

        -- text
        source.product_name as title,
        nullif(source.name, source.product_name) as listing_title,
        categories.name as category,

        -- numerics
        trim_scale(
            case when settings.prices_include_tax then source.price_with_tax else source.price end
            / power(10::numeric, coalesce(settings.money_strategy_precision, 2))
        ) as price,
        source.currency_code as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        source.id as stock_ref,
        case
            when source._deleted_at is null and source.enabled and source.product_enabled then 'active' else 'inactive'
        end as status,

        -- times
        greatest(source.updated_at, source.product_updated_at) as updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select
            bool_or(channels.prices_include_tax) as prices_include_tax,
            max(channels.money_strategy_precision) as money_strategy_precision
        from {{ source('raw', 'vendure_channels') }} as channels
        where channels.shop = source.shop and channels._deleted_at is null
    ) as settings on true
    left join lateral (
        select labels.name
        from {{ source('raw', 'vendure_facet_values') }} as labels
        where labels.shop = source.shop and labels._parent_id = source.id and labels.facet_code = 'category'
        order by labels._position
        limit 1
    ) as categories on true

)

select * from renamed
