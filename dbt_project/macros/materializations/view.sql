{#
  A view that is replaced where it stands. dbt's own materialization drops the old view with everything that reads it, so for
  the seconds of a build the unified orders would not exist: landing and the data service read them all the time.
  Only a view whose columns change (renamed, retyped, removed) is dropped; what reads it is built again later in the same run.
#}
{% materialization view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set grant_config = config.get('grants') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing is not none and not (existing.is_view and keeps_columns(existing, sql)) %}
        {%- do adapter.drop_relation(existing) %}
    {%- endif %}

    {% call statement('main') -%}
        create or replace view {{ target_relation }} as (
            {{ sql }}
        )
    {%- endcall %}

    {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing, full_refresh_mode=True)) %}
    {%- do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# Whether every column of `existing` is still there in its place with its type; new ones may follow. #}
{% macro keeps_columns(existing, sql) %}
    {%- set old = adapter.get_columns_in_relation(existing) -%}
    {%- set new = get_column_schema_from_query(sql) -%}
    {%- if new | length < old | length -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for column in old -%}
        {%- if column.name != new[loop.index0].name or column.data_type != new[loop.index0].data_type -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}
