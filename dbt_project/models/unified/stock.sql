{{ unite(
    'stock',
    channels=[
        'odoo',
        'tryton',
    ],
    columns=[
        'channel', 'shop', 'facility_id', 'sku', 'on_hand', 'reserved', 'as_of', 'loaded_at'
    ]
) }}
