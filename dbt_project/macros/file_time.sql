{# A file's time (text) as timestamptz: with a trailing Z it is UTC, else it is the local time of `zone`. #}
{% macro file_time(text, zone='shops.timezone') -%}
    case when right({{ text }}, 1) = 'Z' then {{ text }}::timestamptz else {{ text }}::timestamp at time zone {{ zone }} end
{%- endmacro %}
