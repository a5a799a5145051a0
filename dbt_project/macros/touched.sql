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
    {%- endif -%}
{%- endmacro %}


{# Keys are typed and collated as the mart's are: under another collation PostgreSQL could not use the mart's indexes for them. #}
{% macro make_touched(keys) -%}
    create temporary table touched on commit drop as
    select {{ keys | join(', ') }} from {{ this }} where false;
{%- endmacro %}


{# The same for days: every day that a changed order counts on or ever counted on; all days when a bundle's recipe changed. #}
{% macro touched_demand_days() -%}
    {%- set changes, days, recipes = ref('order_changes'), ref('order_days'), ref('bundle_components') -%}
    {%- if is_incremental() -%}
    {%- set since = loaded_since(this) %}
    {{ make_touched(['demand_date']) }}
    insert into touched
    select days.ordered_date
    from {{ changes }} as changes
    inner join {{ days }} as days
        on changes.channel collate "default" = days.channel
        and changes.shop collate "default" = days.shop
        and changes.order_id collate "default" = days.order_id
    where changes.loaded_at > '{{ since }}'::timestamptz
    union
    select ordered_date
    from {{ days }}
    where exists (select 1 from {{ recipes }} where loaded_at > '{{ since }}'::timestamptz);
    analyze touched;
    {%- endif -%}
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
  Rows of what was touched. Written so that the condition goes down through a union's branches to each raw primary key, which a
  join would not. An id that two shops share brings both rows; the strategy takes only the touched one.
#}
{% macro of_touched(key) -%}
    shop = any(array(select distinct shop from touched))
    and {{ key }} = any(array(select {{ key }} from touched))
{%- endmacro %}


{#
  The touched rows of `relation`, written down (pre-hook, after `touched`) where the model joins them with others. Read as a view,
  PostgreSQL expects ten rows of them, whatever their number, and compares ten thousand with ten thousand, each with each.
#}
{% macro take_touched(relation, key) -%}
    {%- if is_incremental() -%}
    create temporary table {{ touched_rows(relation) }} on commit drop as
    select * from {{ relation }} where {{ of_touched(key) }};
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
    delete from {{ arguments['target_relation'] }} as old
    using touched
    where {% for key in keys %}old.{{ key }} = touched.{{ key }}{% if not loop.last %} and {% endif %}{% endfor %};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
    where ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from touched)
{%- endmacro %}
