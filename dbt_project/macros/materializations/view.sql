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

    {%- if config.get('contract').enforced %}
        {{- get_assert_columns_equivalent(sql) }}
    {%- endif %}

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


{#
  Whether every column of `existing` is still there in its place with its type and its order of text; new ones may follow.
  PostgreSQL itself is asked, by a view that is gone at once: of a query it tells types, but not how text is ordered.
#}
{% macro keeps_columns(existing, sql) %}
    {%- set asked = 'asked_' ~ existing.identifier -%}
    {%- set query %}
        create temporary view {{ asked }} as ({{ sql }});
        select count(*)
        from pg_attribute as old
        left join pg_attribute as new
            on new.attrelid = 'pg_temp.{{ asked }}'::regclass
            and (new.attnum, new.attname, new.atttypid, new.atttypmod, new.attcollation)
            = (old.attnum, old.attname, old.atttypid, old.atttypmod, old.attcollation)
        where old.attrelid = '{{ existing }}'::regclass and old.attnum > 0 and new.attnum is null
    {%- endset -%}
    {%- set lost = run_query(query).rows[0][0] -%}
    {%- do run_query('drop view pg_temp.' ~ asked) -%}
    {{ return(lost == 0) }}
{% endmacro %}
