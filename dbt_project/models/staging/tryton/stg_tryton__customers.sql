{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{ config(pre_hook="{{ raw_index('tryton_sales', 'tryton_sales_party', 'shop, party_id collate \"C\"') }}") }}

with source as (

    select
        *,
        party_id collate "C" as customer_id
    from {{ source('raw', 'tryton_sales') }}
    -- a customer who was erased is 0
    where party_id <> '0'

),

-- A customer as the newest sale shows them.
ranked as (

    select
        source.*,
        min(create_date) over customer as first_seen_at,
        max(changed_at) over customer as last_written_at,
        max(_loaded_at) over customer as last_loaded_at,
        row_number() over (partition by shop, customer_id order by create_date desc, id::bigint desc) as newest
    from source
    window customer as (partition by shop, customer_id)

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        shop,
        customer_id,

        -- text
        party_name as name,
        nullif(party_email, '') as email,
        coalesce(nullif(party_mobile, ''), nullif(party_phone, '')) as phone,
        coalesce(shipment_address_country_code, invoice_address_country_code) as country,
        coalesce(shipment_address_subdivision_name, invoice_address_subdivision_name) as region,
        coalesce(shipment_address_city, invoice_address_city) as city,

        -- times
        first_seen_at,
        last_written_at as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
