with counts as (

    select * from {{ source('raw', 'square_counts') }}
    where _deleted_at is null

),

variations as (

    select * from {{ source('raw', 'square_variations') }}
    where item_variation_data_sku <> ''

),

locations as (

    select * from {{ source('raw', 'square_locations') }}

),

renamed as (

    select
        -- ids: a location is known by its name, as in the orders
        'square' as channel,
        counts.shop,
        locations.name as facility_id,
        variations.item_variation_data_sku as sku,

        -- numerics: part of a piece can't be sold
        floor(sum(counts.quantity))::int as on_hand,
        cast(null as integer) as reserved,
        cast(null as integer) as incoming,
        cast(null as integer) as unsellable,

        -- booleans
        bool_or(counts.is_facility_stock) as is_facility_stock,

        -- times: a count is true when it is read
        min(counts._received_at) as as_of,
        max(counts._loaded_at) as loaded_at

    from counts
    inner join variations on counts.shop = variations.shop and counts.catalog_object_id = variations.id
    inner join locations on counts.shop = locations.shop and counts.location_id = locations.id
    where locations.name <> ''
    group by counts.shop, locations.name, variations.item_variation_data_sku

)

select * from renamed
