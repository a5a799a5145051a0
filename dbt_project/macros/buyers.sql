{#
  Who placed an order: the account, or else a guest, known by what they told at the checkout. The same expression stands in the orders
  (`of` is their alias with its point), in the guests and in the index that both are looked up by.
#}
{% macro buyer_id(account, email, phone, name) -%}
    coalesce({{ account }}, secrets.guest_id({{ email }}, {{ phone }}, {{ name }}) collate "C")
{%- endmacro %}


{% macro file_buyer(of='') -%}
    {{ buyer_id(of ~ 'customer_id', of ~ 'buyer_email', of ~ 'buyer_phone', of ~ 'buyer_name') }}
{%- endmacro %}


{% macro medusa_buyer(of='') -%}
    {{ buyer_id(of ~ 'customer_id', of ~ 'email', of ~ 'billing_address_phone', billing_name(of ~ 'billing_address')) }}
{%- endmacro %}


{% macro shopify_buyer(of='') -%}
    {%- set phone = 'coalesce(' ~ of ~ 'phone, ' ~ of ~ 'billing_address_phone)' -%}
    {{ buyer_id(of ~ 'customer_legacy_resource_id', of ~ 'email', phone, of ~ 'billing_address_name') }}
{%- endmacro %}


{% macro woocommerce_buyer(of='') -%}
    {%- set account = "nullif(" ~ of ~ "customer_id, '0')" -%}
    {{ buyer_id(account, of ~ 'billing_email', of ~ 'billing_phone', billing_name(of ~ 'billing')) }}
{%- endmacro %}


{# concat_ws would be shorter, but no index takes it. #}
{% macro billing_name(address) -%}
    nullif(trim(coalesce({{ address }}_first_name, '') || ' ' || coalesce({{ address }}_last_name, '')), '')
{%- endmacro %}


{# A guest as their newest order tells them that says anything of it. #}
{% macro newest_told(column) -%}
    (array_agg({{ column }} order by ordered_at desc nulls last, order_id desc) filter (where {{ column }} is not null))[1]
{%- endmacro %}


{# One row a guest, of `contacts`: one row an order of theirs. #}
{% macro guests_of(channel, contacts) -%}
select
    -- ids
    '{{ channel }}' as channel,
    shop,
    customer_id,

    -- text
    {{ newest_told('name') }} as name,
    {{ newest_told('email') }} as email,
    {{ newest_told('phone') }} as phone,
    {{ newest_told('country') }} as country,
    {{ newest_told('region') }} as region,
    {{ newest_told('city') }} as city,

    -- times
    min(ordered_at) as first_seen_at,
    max(updated_at) as updated_at,
    max(loaded_at) as loaded_at
from {{ contacts }}
where customer_id is not null
group by shop, customer_id
{%- endmacro %}
