with source as (

    select * from {{ source('raw', 'square_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'square' as channel,
        shop,
        id as customer_id,

        -- text
        'email' as medium,
        'unsubscribed' as state,

        -- times
        cast(null as timestamptz) as changed_at,
        _loaded_at as loaded_at
    from source
    -- that somebody did not say no is not a yes
    where preferences_email_unsubscribed

)

select * from renamed
