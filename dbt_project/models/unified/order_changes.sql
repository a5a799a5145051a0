{#- An order changes with anything that hangs on it: a refund may land long after the order itself. -#}
{% for entity in ['orders', 'order_lines', 'payments', 'refunds', 'shipments'] %}
    select
        channel,
        shop,
        order_id,
        loaded_at
    from {{ ref(entity) }}
    {% if not loop.last %} union all {% endif %}
{% endfor %}
