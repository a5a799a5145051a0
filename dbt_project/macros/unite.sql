{#
  One entity of all connected channels that know it. Columns are named one by one, so a channel that lacks one fails to build.
  Where no channel that knows the entity is connected, it has no rows.
#}
{% macro unite(entity, channels, columns) -%}
{%- set known = connected(channels) -%}
{%- for channel in known %}
select {{ columns | join(', ') }}
from {{ ref('stg_' ~ channel ~ '__' ~ entity) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- if not known %}{{ no_rows() }}{%- endif %}
{%- endmacro %}


{# When what is kept under `key` last changed: one row a record of `streams` ('taobao__refunds') that tells of it. #}
{% macro unite_changes(key, streams) -%}
{%- set channels = [] -%}
{%- for stream in streams -%}{%- do channels.append(stream.split('__')[0]) -%}{%- endfor -%}
{%- set known = connected(channels) -%}
{%- for stream in streams if stream.split('__')[0] in known %}
select
    '{{ stream.split('__')[0] }}' as channel,
    shop,
    {{ key }},
    loaded_at
from {{ ref('stg_' ~ stream) }}
where {{ key }} is not null
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- if not known %}{{ no_rows() }}{%- endif %}
{%- endmacro %}


{# The columns that the model's yml names, of the types it gives them. #}
{% macro no_rows() -%}
select
    {%- for column in model.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
{%- endmacro %}


{#
  Those of `channels` that a shop is or was connected on: what a company does not use costs it nothing. While dbt parses, all of
  them, so that it knows what a view may read.
#}
{% macro connected(channels) -%}
    {%- set shops = source('raw', 'shops') -%}
    {%- if not execute -%}{{ return(channels) }}{%- endif -%}
    {%- set known = run_query('select distinct channel from ' ~ shops).columns[0].values() -%}
    {{ return(channels | select('in', known) | list) }}
{%- endmacro %}
