with items as (

    select * from {{ source('raw', 'shopee_items') }}

),

models as (

    select * from {{ source('raw', 'shopee_models__model') }}

),

joined as (

    select
        items.*,
        models.model_id,
        models.model_sku,
        models.model_name,
        models.model_status,
        coalesce(nullif(models.weight, ''), items.weight) as weight_kg,
        coalesce(own.current_price, whole.current_price) as price,
        coalesce(own.currency, whole.currency) as price_currency
    from items
    left join models
        on items.shop = models.shop and items.item_id = models._parent_item_id and items.has_model
    left join {{ source('raw', 'shopee_items__price_info') }} as whole
        on items.shop = whole.shop and items.item_id = whole._parent_item_id and whole._position = 0
    left join {{ source('raw', 'shopee_models__model__price_info') }} as own
        on
            models.shop = own.shop and models._parent_item_id = own._parent_item_id
            and models._position = own._parent_position and own._position = 0
    -- Prices and codes of an item with models are theirs: until they are read, nothing is listed.
    where not coalesce(items.has_model, false) or models.model_id is not null

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        shop,
        item_id as product_id,
        coalesce(model_id, item_id) as listing_id,
        coalesce(nullif(model_sku, ''), nullif(item_sku, '')) as sku,

        -- text
        item_name as title,
        model_name as listing_title,
        category_id as category,

        -- numerics
        price,
        price_currency as currency,
        cast(null as numeric) as cost,
        -- Given in kilograms, as text.
        case when weight_kg ~ '^\d+(\.\d+)?$' then round(weight_kg::numeric * 1000) end as weight_g,
        cast(null as text) as stock_ref,
        case
            when _deleted_at is null and item_status = 'NORMAL' and coalesce(model_status, 'MODEL_NORMAL') = 'MODEL_NORMAL'
                then 'active'
            else 'inactive'
        end as status,

        -- times
        to_timestamp(update_time) as updated_at,
        _loaded_at as loaded_at
    from joined

)

select * from renamed
