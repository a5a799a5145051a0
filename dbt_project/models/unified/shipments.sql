{{ unite(
    'shipments',
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
        'channel', 'shop', 'order_id', 'shipment_id', 'status', 'native_status', 'facility_id', 'carrier',
        'tracking_number', 'shipped_at', 'delivered_at', 'loaded_at'
    ]
) }}
