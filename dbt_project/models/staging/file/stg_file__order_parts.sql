with source as (

    select * from {{ source('raw', 'file_order_lines') }}
    where _deleted_at is null

),

renamed as (

    select
        'file' as channel,
        shop,
        order_id,
        part,
        _loaded_at as loaded_at
    from source

)

select * from renamed
