{{ unite(
    'guests',
    channels=['file', 'medusa', 'shopify', 'woocommerce'],
    columns=[
        'channel', 'shop', 'customer_id', 'name', 'email', 'phone', 'country', 'region', 'city', 'first_seen_at',
        'updated_at', 'loaded_at'
    ]
) }}
