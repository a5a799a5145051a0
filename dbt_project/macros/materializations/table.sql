{#
  A table that is filled anew where it stands: readers see the old rows until the new ones are committed, grants stay, and so do
  the views over it. dbt's own materialization makes another table and drops the old one with every view that reads it. Where the
  rows are what they were nothing is written: a calendar and its rates are the same at most builds.
  Only a table whose columns change is made again; the views over it are built later in the same run.
#}
{% materialization table, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or not existing.is_table or should_full_refresh() or not same_columns(existing, sql) -%}
        {{ return(dbt.materialization_table_default()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set columns = get_quoted_csv(adapter.get_columns_in_relation(existing) | map(attribute='name')) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- do run_query(make_rows(target_relation, columns, sql)) -%}
    {%- if run_query(any_row_differs(target_relation, columns)).rows[0][0] -%}
        {%- do run_query('delete from ' ~ target_relation) -%}
        {% call statement('main') -%}
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from made
        {%- endcall %}
    {%- else -%}
        {% call statement('main') -%}
            select 'the rows are what they were' as unchanged
        {%- endcall %}
    {%- endif -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=False)) %}
    {%- do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro make_rows(target, columns, sql) -%}
    create temporary table made (like {{ target }}) on commit drop;
    insert into made ({{ columns }})
    select {{ columns }} from (
        {{ sql }}
    ) as made
{%- endmacro %}


{% macro any_row_differs(target, columns) -%}
    select
        exists (select {{ columns }} from made except all select {{ columns }} from {{ target }})
        or exists (select {{ columns }} from {{ target }} except all select {{ columns }} from made)
{%- endmacro %}


{# Whether the query has the table's columns, by name, and no others. Their types are the contract's to hold. #}
{% macro same_columns(existing, sql) %}
    {%- set there = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
    {%- set made = get_column_schema_from_query(sql) | map(attribute='name') | list -%}
    {{ return(there | sort == made | sort) }}
{% endmacro %}
