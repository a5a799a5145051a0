{# One entity of all channels that know it. Columns are named one by one, so a channel that lacks one fails to build. #}
{% macro unite(entity, channels, columns) -%}
{% for channel in channels %}
select {{ columns | join(', ') }}
from {{ ref('stg_' ~ channel ~ '__' ~ entity) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}
