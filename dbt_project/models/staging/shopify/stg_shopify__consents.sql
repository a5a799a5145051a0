with source as (

    select * from {{ source('raw', 'shopify_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        shop,
        legacy_resource_id as customer_id,

        -- text
        'email' as medium,
        lower(default_email_address_marketing_state) as state,

        -- times
        default_email_address_marketing_updated_at as changed_at,
        _loaded_at as loaded_at
    from source
    where default_email_address_marketing_state in ('SUBSCRIBED', 'UNSUBSCRIBED', 'PENDING', 'NOT_SUBSCRIBED')

)

select * from renamed
