{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'customer_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['email_pseudonym']}, {'columns': ['phone_pseudonym']}],
        pre_hook=[
            "{{ touched_since_last_build(ref('customer_changes'), ['channel', 'shop', 'customer_id']) }}",
            "{{ touch_those_who_ended() }}"
        ]
    )
}}

with customers as (
    select * from {{ ref('customers') }}
    {% if is_incremental() %} where {{ of_touched('customer_id') }} {% endif %}
),

secret as (
    select secret_key from {{ ref('pseudonym_key') }}
),

masked as (
    select
        customers.channel,
        customers.shop,
        customers.customer_id,
        {{ mask('customers.name', 'name') }} as name_masked,
        {{ mask('customers.email', 'email') }} as email_masked,
        {{ mask('customers.phone', 'phone') }} as phone_masked,
        {{ pseudonym('nullif(lower(trim(customers.email)), \'\')', 'secret.secret_key') }} as email_pseudonym,
        {{ pseudonym('nullif(' ~ digits('customers.phone') ~ ', \'\')', 'secret.secret_key') }} as phone_pseudonym,
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
