{{ unite(
    'consents',
    channels=['shopify', 'square'],
    columns=['channel', 'shop', 'customer_id', 'medium', 'state', 'changed_at', 'loaded_at']
) }}
