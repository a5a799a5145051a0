{#
  How an incremental model here knows what to build again, and builds no more than that.

  1. Before it runs (pre-hook, same transaction) the keys whose rows were loaded since the last build are written down in a
     temporary table, `touched`. Writing them down once means that what is deleted is what is computed, though pages go on landing
     meanwhile; and the planner knows how many there are.
  2. The model reads only those keys.
  3. The strategy `replace_touched` deletes those keys and inserts the model's rows. dbt's delete+insert would delete only
     keys that still have rows: an order whose last line was edited out, or a day whose one order was cancelled, would stay.
#}
{% macro touched_since_last_build(changes, keys, loaded_at='loaded_at') -%}
    {%- if is_incremental() -%}
    {{ make_touched(keys) }}
    insert into touched
    select distinct {{ keys | join(', ') }}
    from {{ changes }}
    where {{ loaded_at }} > '{{ loaded_since(this) }}'::timestamptz;
    analyze touched;
    {%- else -%}
    {{ read_whole() }}
    {%- endif -%}
{%- endmacro %}


{#
  Pre-hook of a model that reads whole tables, those of what was touched among them. A join of three columns that say much the same
  (channel, shop, id) is taken for one of a few rows, and a loop over a thousand times as many follows: fct_orders of 200,000 orders
  did not end in six minutes. Where all rows are read, hashes are right.
#}
{% macro read_whole() -%}
    set local enable_nestloop = off
{%- endmacro %}


{#
  Keys are typed and collated as the mart's are: under another collation PostgreSQL could not use the mart's indexes for them.
  How many rows there are and how many differ is all that a plan needs of the tables that these hooks write down; ten times the
  sample, which is PostgreSQL's own measure, took longer than writing them.
#}
{% macro make_touched(keys) -%}
    set local default_statistics_target = 10;
    create temporary table touched on commit drop as
    select {{ keys | join(', ') }} from {{ this }} where false;
{%- endmacro %}


{# The same for days of demand. #}
{% macro touched_demand_days() -%}
    {%- set refs = [ref('order_changes'), ref('order_days'), ref('bundle_components')] -%}
    {%- if is_incremental() -%}
    {{ make_touched(['demand_date']) }}
    insert into touched
    {{ changed_demand_days(loaded_since(this)) }};
    analyze touched;
    {%- else -%}
    {{ read_whole() }}
    {%- endif -%}
{%- endmacro %}


{# Every day that an order changed since then counts on or ever counted on; all days when a bundle's recipe changed. #}
{% macro changed_demand_days(since) -%}
    {%- set changes, days, recipes = ref('order_changes'), ref('order_days'), ref('bundle_components') -%}
    {{ with_changed_orders(changes, "'" ~ since ~ "'::timestamptz") }}
    select ordered_date
    from {{ days }}
    where {{ of_touched('order_id', 'changed_orders') }}
    union
    select ordered_date
    from {{ days }}
    where exists (select 1 from {{ recipes }} where loaded_at > '{{ since }}'::timestamptz)
{%- endmacro %}


{# A query's first words: the orders that anything was landed of since then, to read rows of with `of_touched`. #}
{% macro with_changed_orders(changes, since) -%}
    with changed_orders as materialized (
        select distinct
            channel collate "default" as channel,
            shop collate "default" as shop,
            order_id collate "default" as order_id
        from {{ changes }}
        where loaded_at > {{ since }}
    )
{%- endmacro %}


{#
  The newest row of the last build, less an overlap: a page's rows carry the time its landing began, so a landing that was under
  way during the last build can commit rows older than the newest one seen then. Ten minutes outlast the longest landing transaction.
  A literal, not a subquery: the planner then knows how few rows there are and uses the index.
#}
{% macro loaded_since(relation) -%}
    {%- set query -%}
        select coalesce((max(loaded_at) - interval '10 minutes')::text, '-infinity') from {{ relation }}
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] if execute else '-infinity') }}
{%- endmacro %}


{#
  Rows of what was touched, which `touched` lists by channel, shop and `key`. Written so that the condition goes down through a union's
  branches to each raw primary key, which a join would not; channels of which nothing was touched are left out. An id that two shops
  share brings both rows; the strategy takes only the touched one.
#}
{% macro of_touched(key, touched='touched') -%}
    channel = any(array(select distinct channel from {{ touched }}))
    and shop = any(array(select distinct shop from {{ touched }}))
    and {{ key }} = any(array(select {{ key }} from {{ touched }}))
{%- endmacro %}


{#
  The touched rows of `relation`, written down (pre-hook, after `touched`) where the model joins them with others. Read as a view,
  PostgreSQL expects ten rows of them, whatever their number, and compares ten thousand with ten thousand, each with each.
#}
{% macro take_touched(relation, key, touched='touched') -%}
    {%- if is_incremental() -%}
    create temporary table {{ touched_rows(relation) }} on commit drop as
    select * from {{ relation }} where {{ of_touched(key, touched) }};
    analyze {{ touched_rows(relation) }};
    {%- endif -%}
{%- endmacro %}


{# Where the model reads them: in a full refresh, all rows. #}
{% macro touched_rows(relation) -%}
    {{ 'touched_' ~ relation.identifier if is_incremental() else relation }}
{%- endmacro %}


{% macro get_incremental_replace_touched_sql(arguments) -%}
    {%- set keys = arguments['unique_key'] -%}
    {%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
    -- By the first condition, which is part of the second, rows are found by their key and not by reading the whole table.
    delete from {{ arguments['target_relation'] }} as old
    where
        {% for key in keys %}old.{{ key }} = any(array(select distinct touched.{{ key }} from touched)) and {% endfor -%}
        ({% for key in keys %}old.{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}) in (select {{ keys | join(', ') }} from touched);

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
    where ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from touched)
{%- endmacro %}
