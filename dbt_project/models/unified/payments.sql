{{ unite(
    'payments',
    channels=[
        'amazon',
        'douyin',
        'ebay',
        'file',
        'jd',
        'lazada',
        'medusa',
        'odoo',
        'pinduoduo',
        'shopee',
        'shopify',
        'square',
        'taobao',
        'tiktok',
        'tryton',
        'vendure',
        'woocommerce',
    ],
    columns=[
        'channel', 'shop', 'order_id', 'payment_id', 'kind', 'status', 'native_status', 'method', 'amount',
        'currency', 'paid_at', 'loaded_at'
    ]
) }}
