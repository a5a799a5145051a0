{{ unite(
    'consents',
    channels=['shopify'],
    columns=['channel', 'shop', 'customer_id', 'medium', 'state', 'changed_at', 'loaded_at']
) }}
