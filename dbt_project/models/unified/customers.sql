{{ unite(
    'customers',
    channels=[
        'amazon',
        'douyin',
        'ebay',
        'file',
        'lazada',
        'medusa',
        'odoo',
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
        'channel', 'shop', 'customer_id', 'name', 'email', 'phone', 'country', 'region', 'city', 'first_seen_at',
        'updated_at', 'loaded_at'
    ]
) }}
union all
select * from {{ ref('guests') }}
