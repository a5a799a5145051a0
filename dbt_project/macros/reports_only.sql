{#
  For a test that reports and holds nothing up. `dbt build` skips whatever is downstream of everything a failed test reads: one
  order with a word that Shopify made up last night would keep the whole company's demand from being planned. A test that also
  names a seed which nothing is built from has nothing downstream. So do dbt's own tests (tests/generic/dbts_own.sql). What must
  hold things up, a key that is not unique, is tested with `unique_key`.
#}
{% macro reports_only() -%}
-- depends_on: {{ ref('currencies') }}
{%- endmacro %}
