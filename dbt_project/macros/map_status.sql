{#
  The platform's word for `native_status` on one axis (order, payment, fulfilment, refund, shipment, transaction), after the seed
  channel_status_map; 'unknown' where the seed has no row, which a check reports. The channel is the one in the model's name.

  The map is read once a query, not once a row, and a look-up can't multiply rows as a join to a seed with a double row would.
#}
{% macro map_status(axis, native_status, channel=none) -%}
    coalesce(
        (
            select jsonb_object_agg(map.native_status, map.status)
            from {{ ref('channel_status_map') }} as map
            where map.channel = '{{ channel or channel_of(model) }}' and map.axis = '{{ axis }}'
        ) ->> ({{ native_status }}),
        'unknown'
    )
{%- endmacro %}


{# 'shopify' of stg_shopify__orders; in a unit test, of the model under test. #}
{% macro channel_of(node) -%}
    {{ (node.tested_node_unique_id or node.unique_id).split('.')[-1].split('__')[0] | replace('stg_', '') }}
{%- endmacro %}
