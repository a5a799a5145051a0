{{ unite(
    'order_lines',
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
        'channel', 'shop', 'order_id', 'line_id', 'position', 'line_kind', 'product_id', 'listing_id', 'sku',
        'title', 'quantity', 'unit_price', 'discount_amount', 'tax_amount', 'total_amount', 'currency',
        'shipped_quantity', 'refunded_quantity', 'cancelled_quantity', 'promised_at', 'ordered_at', 'loaded_at'
    ]
) }}
