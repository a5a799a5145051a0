{# A time that a Chinese platform writes without a zone, always Beijing's; what has not happened is null or empty. #}
{% macro beijing_time(column) -%}
    nullif({{ column }}, '')::timestamp at time zone 'Asia/Shanghai'
{%- endmacro %}


{# The same for JD, where what has not happened may be in the year 1. #}
{% macro jd_time(column) -%}
    {{ beijing_time("nullif(" ~ column ~ ", '0001-01-01 00:00:00')") }}
{%- endmacro %}
