{#
  The persons who have to be told of again (pre-hook): those of whose records or orders something was landed since the last build, those
  who were promised a parcel that is late meanwhile, and those whom identity, a ruling or an erasure gave a record or took one from.
  `touched` lists their keys, and those of persons who are no more; touched_customer_accounts the records that are theirs now.
#}
{% macro touched_persons() -%}
    {%- set changes, customers, buyers = ref('order_changes'), ref('customer_changes'), ref('order_buyers') -%}
    {%- set facts, accounts = ref('fct_orders'), ref('customer_accounts') -%}
    {%- set crosswalk, history = source('customers', 'crosswalk'), source('customers', 'crosswalk_history') -%}
    {%- if is_incremental() -%}
    {%- set since = "'" ~ loaded_since(this) ~ "'::timestamptz" %}
    {{ make_touched(['customer_key']) }}
    create temporary table touched_records on commit drop as
    select channel, shop, customer_id from {{ accounts }} where false;
    insert into touched_records
    {{ with_changed_orders(changes, since) }}
    select channel, shop, customer_id from {{ customers }} where loaded_at > {{ since }}
    union
    select channel, shop, customer_id from {{ buyers }} where {{ of_touched('order_id', 'changed_orders') }}
    union
    select channel, shop, customer_id
    from {{ facts }}
    where promised_at > {{ since }} and promised_at <= now() and customer_id is not null
    union
    select channel, shop, customer_id from {{ history }} where greatest(from_at, until_at) > {{ since }};
    analyze touched_records;
    insert into touched
    select crosswalk.customer_key
    from touched_records as records
    inner join {{ crosswalk }} as crosswalk
        on records.channel collate "C" = crosswalk.channel
        and records.shop collate "C" = crosswalk.shop
        and records.customer_id collate "C" = crosswalk.customer_id
    union
    select customers.own_key(channel, shop, customer_id) from touched_records
    union
    select customer_key from {{ history }} where greatest(from_at, until_at) > {{ since }};
    analyze touched;
    insert into touched_records
    select channel, shop, customer_id from {{ crosswalk }} where customer_key in (select customer_key from touched);
    analyze touched_records;
    create temporary table {{ touched_rows(accounts) }} on commit drop as
    select * from {{ accounts }} where {{ of_touched('customer_id', 'touched_records') }};
    analyze {{ touched_rows(accounts) }};
    {%- else -%}
    {{ read_whole() }}
    {%- endif -%}
{%- endmacro %}


{# Who ended as a customer of a shop: identity found them no more. In dim_customers they are touched, too. #}
{% macro touch_those_who_ended() -%}
    {%- set history = source('customers', 'crosswalk_history') -%}
    {%- if is_incremental() -%}
    insert into touched
    select channel, shop, customer_id from {{ history }} where until_at > '{{ loaded_since(this) }}'::timestamptz;
    {%- endif -%}
{%- endmacro %}
