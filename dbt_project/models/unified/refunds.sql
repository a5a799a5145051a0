{{ unite(
    'refunds',
    channels=[
        'amazon',
        'douyin',
        'ebay',
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
        'channel', 'shop', 'order_id', 'refund_id', 'line_id', 'sku', 'quantity', 'kind', 'status',
        'native_status', 'reason', 'amount', 'currency', 'is_restocked', 'requested_at', 'completed_at',
        'updated_at', 'loaded_at'
    ]
) }}
