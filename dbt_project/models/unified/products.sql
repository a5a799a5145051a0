{{ unite(
    'products',
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
        'channel', 'shop', 'product_id', 'listing_id', 'sku', 'title', 'listing_title', 'category', 'price',
        'currency', 'cost', 'weight_g', 'stock_ref', 'status', 'updated_at', 'loaded_at'
    ]
) }}
