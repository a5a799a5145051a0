{{ unite(
    'payments',
    channels=[
        'ebay',
        'douyin',
        'file',
        'jd',
        'medusa',
        'lazada',
        'pinduoduo',
        'shopee',
        'shopify',
        'square',
        'taobao',
        'woocommerce',
        'vendure',
        'tiktok',
    ],
    columns=[
        'channel', 'shop', 'order_id', 'payment_id', 'kind', 'status', 'native_status', 'method', 'amount',
        'currency', 'paid_at', 'loaded_at'
    ]
) }}
