{{ unite(
    'stock',
    channels=[
        'odoo',
        'square',
        'tryton',
    ],
    columns=[
        'channel', 'shop', 'facility_id', 'sku', 'on_hand', 'reserved', 'as_of', 'loaded_at'
    ]
) }}
