{# Of a person's records the newest value that is known; ties go by the record's key, so that it is the same every time. #}
{% macro newest(column) -%}
    (array_agg({{ column }} order by updated_at desc nulls last, channel, shop, customer_id) filter (where {{ column }} is not null))[1]
{%- endmacro %}
