{#- A channel without customer records tells of its buyers in its orders: a buyer changes with each of them. -#}
{{ unite_changes(
    'customer_id',
    streams=[
        'amazon__orders',
        'ebay__orders',
        'douyin__orders',
        'file__customers',
        'lazada__orders',
        'odoo__orders',
        'shopee__orders',
        'medusa__customers',
        'shopify__customers',
        'square__customers',
        'taobao__trades',
        'woocommerce__customers',
        'vendure__customers',
        'tiktok__orders',
    ]
) }}
