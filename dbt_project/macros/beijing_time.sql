{# A time that a Chinese platform writes without a zone, always Beijing's; what has not happened is null or empty. #}
{% macro beijing_time(column) -%}
    nullif({{ column }}, '')::timestamp at time zone 'Asia/Shanghai'
{%- endmacro %}
