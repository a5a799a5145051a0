{#-
  An order changes with any record that it is made of: a refund may land long after the order itself. These are the streams that
  land records of orders; what a channel nests in its orders (lines, parcels, payments) lands with them and is not named.
  Cheap, though it reads whole orders: sums that staging joins as `left join lateral ... on true` are left out by PostgreSQL
  where nobody asks for them.
-#}
{{ unite_changes(
    'order_id',
    streams=[
        'amazon__orders',
        'amazon__refunds',
        'douyin__orders',
        'douyin__refunds',
        'ebay__orders',
        'file__order_parts',
        'file__orders',
        'file__payments',
        'jd__orders',
        'jd__refunds',
        'lazada__orders',
        'lazada__reverse_lines',
        'medusa__orders',
        'odoo__orders',
        'pinduoduo__orders',
        'pinduoduo__refunds',
        'shopee__orders',
        'shopee__refunds',
        'shopify__orders',
        'square__orders',
        'square__payments',
        'square__refunds',
        'taobao__orders',
        'taobao__refunds',
        'tiktok__orders',
        'tiktok__refunds',
        'tryton__orders',
        'tryton__refunds',
        'vendure__orders',
        'woocommerce__orders',
    ]
) }}
