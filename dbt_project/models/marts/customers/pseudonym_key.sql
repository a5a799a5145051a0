{{
    config(
        schema='secrets',
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns'
    )
}}

-- Made once and then kept: under another key, the same customer would have another pseudonym.
with drawn as (
    select cast(gen_random_uuid() as text) || cast(gen_random_uuid() as text) as secret_key
    {% if is_incremental() %} where not exists (select 1 from {{ this }}) {% endif %}
)

select * from drawn
