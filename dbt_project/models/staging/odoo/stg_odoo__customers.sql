{#- Collated as the unified customers are, whose look-ups it serves. -#}
{{ config(pre_hook="{{ raw_index('odoo_sale_orders', 'odoo_sale_orders_partner', 'shop, partner_id_id collate \"C\"') }}") }}

with source as (

    select
        *,
        partner_id_id collate "C" as customer_id
    from {{ source('raw', 'odoo_sale_orders') }}
    -- a customer who was erased is 0
    where partner_id_id <> '0'

),

-- A customer as the newest sale shows them.
ranked as (

    select
        source.*,
        min(date_order) over customer as first_seen_at,
        max(write_date) over customer as last_written_at,
        max(_loaded_at) over customer as last_loaded_at,
        row_number() over (partition by shop, customer_id order by date_order desc, id desc) as newest
    from source
    window customer as (partition by shop, customer_id)

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        shop,
        customer_id,

        -- text
        partner_id_name as name,
        partner_id_email as email,
        partner_id_phone as phone,
        partner_id_country_code as country,
        regexp_replace(partner_id_state_id_name, ' \([A-Z]{2}\)$', '') as region,
        partner_id_city as city,

        -- times
        first_seen_at,
        last_written_at as updated_at,
        last_loaded_at as loaded_at
    from ranked
    where newest = 1

)

select * from renamed
