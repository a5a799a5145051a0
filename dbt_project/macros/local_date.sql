{# The business day of an instant: the date on the shop's own calendar. `timezone` is an IANA name. #}
{% macro local_date(instant, timezone) -%}
    cast({{ instant }} at time zone {{ timezone }} as date)
{%- endmacro %}
