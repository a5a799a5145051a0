{{ unite(
    'orders',
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
        'channel', 'shop', 'order_id', 'order_number', 'order_kind', 'customer_id', 'currency', 'order_status',
        'payment_status', 'fulfilment_status', 'native_order_status', 'native_payment_status',
        'native_fulfilment_status', 'items_amount', 'discount_amount', 'shipping_amount', 'tax_amount',
        'adjustment_amount', 'total_amount', 'refunded_amount', 'is_presale', 'facility_id', 'ship_country',
        'ship_region', 'ship_city', 'ordered_at', 'paid_at', 'cancelled_at', 'closed_at', 'promised_at',
        'updated_at', 'loaded_at'
    ]
) }}
