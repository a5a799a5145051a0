{{ unite(
    'platform_stock',
    channels=[
        'amazon',
        'square',
    ],
    columns=[
        'channel', 'shop', 'facility_id', 'sku', 'on_hand', 'reserved', 'incoming', 'unsellable', 'is_facility_stock', 'as_of',
        'loaded_at'
    ]
) }}
