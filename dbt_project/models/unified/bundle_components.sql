{{ unite(
    'bundle_components',
    channels=[
        'odoo',
    ],
    columns=[
        'channel', 'shop', 'bundle_sku', 'component_sku', 'quantity', 'loaded_at'
    ]
) }}
