{#- A channel without customer records tells of its buyers in its orders, and so does one with guests:
    a buyer changes with each of them. -#}
{{ unite_changes(
    'customer_id',
    streams=[
        'amazon__orders',
        'douyin__orders',
        'ebay__orders',
        'file__customers',
        'file__orders',
        'lazada__orders',
        'medusa__customers',
        'medusa__orders',
        'odoo__orders',
        'shopee__orders',
        'shopify__customers',
        'shopify__orders',
        'square__customers',
        'taobao__trades',
        'tiktok__orders',
        'tryton__orders',
        'vendure__customers',
        'woocommerce__customers',
        'woocommerce__orders',
    ]
) }}
