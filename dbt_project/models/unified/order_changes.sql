{#-
  An order changes with any record that it is made of: a refund may land long after the order itself. These are the streams that
  land records of orders; what a channel nests in its orders (lines, parcels, payments) lands with them and is not named.
  Cheap, though it reads whole orders: sums that staging joins as `left join lateral ... on true` are left out by PostgreSQL
  where nobody asks for them.
-#}
{% for records in [
    ref('stg_file__orders'), ref('stg_file__order_parts'), ref('stg_file__payments'), ref('stg_shopify__orders'),
    ref('stg_taobao__orders'), ref('stg_taobao__refunds')
] %}
    select
        channel,
        shop,
        order_id,
        loaded_at
    from {{ records }}
    {% if not loop.last %} union all {% endif %}
{% endfor %}
