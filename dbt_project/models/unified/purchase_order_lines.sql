{{ unite(
    'purchase_order_lines',
    channels=[
        'odoo',
        'tryton',
    ],
    columns=[
        'channel', 'shop', 'po_id', 'line_id', 'supplier_id', 'supplier', 'sku', 'facility_id', 'quantity',
        'received_quantity', 'status', 'unit_cost', 'currency', 'ordered_at', 'expected_at', 'received_at',
        'loaded_at'
    ]
) }}
