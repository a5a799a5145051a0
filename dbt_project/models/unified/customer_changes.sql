{#- A channel without customer records tells of its buyers in its orders: a buyer changes with each of them. -#}
{{ unite_changes(
    'customer_id',
    streams=[
        'amazon__orders',
        'douyin__orders',
        'ebay__orders',
        'file__customers',
        'lazada__orders',
        'medusa__customers',
        'odoo__orders',
        'shopee__orders',
        'shopify__customers',
        'square__customers',
        'taobao__trades',
        'tiktok__orders',
        'vendure__customers',
        'woocommerce__customers',
    ]
) }}
