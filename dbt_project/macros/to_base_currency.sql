{#
  `amount` in the base currency at `rate` (base for one unit of `currency`), null where the rate is missing. What is in the base
  currency already is left alone: to the cent, and on days before the first rate.
#}
{% macro to_base_currency(amount, currency, base_currency, rate) -%}
    case
        when {{ currency }} = {{ base_currency }} then {{ amount }}
        else round({{ amount }} * {{ rate }}, 4)
    end
{%- endmacro %}
