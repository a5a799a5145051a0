{#
  An index that a view here needs on a raw table, beside those that landing makes. Looked for first, since `create index if not
  exists` waits for every landing that is under way only to find that there is nothing to do.
#}
{% macro raw_index(table, name, columns) -%}
    do $$
    begin
        if to_regclass('{{ source('raw', table).schema }}.{{ name }}') is null then
            create index {{ name }} on {{ source('raw', table) }} ({{ columns }});
        end if;
    end $$
{%- endmacro %}
