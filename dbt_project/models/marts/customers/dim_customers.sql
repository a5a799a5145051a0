{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'customer_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['email_pseudonym']}, {'columns': ['phone_pseudonym']}],
        pre_hook="{{ touched_since_last_build(ref('customers'), ['channel', 'shop', 'customer_id']) }}"
    )
}}

with customers as (
    select * from {{ ref('customers') }}
    {% if is_incremental() %}
        where
            shop = any(array(select distinct shop from touched))
            and customer_id = any(array(select customer_id from touched))
    {% endif %}
),

secret as (
    select key from {{ source('ops', 'pseudonym_key') }}
),

masked as (
    select
        customers.channel,
        customers.shop,
        customers.customer_id,
        {{ mask('customers.name', 'name') }} as name_masked,
        {{ mask('customers.email', 'email') }} as email_masked,
        {{ mask('customers.phone', 'phone') }} as phone_masked,
        {{ pseudonym('nullif(lower(trim(customers.email)), \'\')', 'secret.key') }} as email_pseudonym,
        {{ pseudonym('nullif(' ~ digits('customers.phone') ~ ', \'\')', 'secret.key') }} as phone_pseudonym,
        customers.country,
        customers.region,
        customers.city,
        customers.first_seen_at,
        customers.updated_at,
        customers.loaded_at
    from customers
    cross join secret
)

select * from masked
