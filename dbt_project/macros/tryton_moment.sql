{#
  When something happened that Tryton keeps the day of: the moment of the record's `stamp` where that is on the day, else the
  midnight that it begins with, where the company is.
#}
{% macro tryton_moment(day, stamp, timezone) -%}
    case
        when ({{ stamp }} at time zone {{ timezone }})::date = {{ day }} then {{ stamp }}
        else {{ day }}::timestamp at time zone {{ timezone }}
    end
{%- endmacro %}
