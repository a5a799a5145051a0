{#
  Personal data in a form that people may see: enough to recognise a known value, too little to learn it.
  a***@example.com; *******1234; L***.
#}
{% macro mask(column, kind) -%}
    {%- if kind == 'email' -%}
    case when {{ column }} like '%@%' then lower(left(trim({{ column }}), 1) || '***@' || split_part(trim({{ column }}), '@', 2)) end
    {%- elif kind == 'phone' -%}
    {#- a short number would be shown whole #}
    case when length({{ digits(column) }}) >= 8 then '*******' || right({{ digits(column) }}, 4) end
    {%- elif kind == 'name' -%}
    left({{ column }}, 1) || '***'
    {%- else -%}
    {{ exceptions.raise_compiler_error("mask knows email, phone and name, not " ~ kind) }}
    {%- endif -%}
{%- endmacro %}


{% macro digits(column) -%}
    regexp_replace({{ column }}, '[^0-9]', '', 'g')
{%- endmacro %}


{#
  A pseudonym: equal values have equal ones, so customers can be joined without showing who they are. Keyed with a secret of this
  warehouse, since a plain hash of a phone number is found again by trying all of them.
#}
{% macro pseudonym(value, key) -%}
    encode(sha256(convert_to({{ key }} || {{ value }}, 'UTF8')), 'hex')
{%- endmacro %}
