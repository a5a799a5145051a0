{{ unite(
    'facilities',
    channels=[
        'odoo',
        'square',
        'tryton',
    ],
    columns=[
        'channel', 'shop', 'facility_id', 'name', 'kind', 'country', 'region', 'city', 'priority', 'loaded_at'
    ]
) }}
