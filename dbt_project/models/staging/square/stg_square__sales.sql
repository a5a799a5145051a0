-- What Square makes for a refund is an order as well, one that only gives back: it is read with the refunds.
with source as (

    select * from {{ source('raw', 'square_orders') }} as orders
    where
        exists (
            select 1 from {{ source('raw', 'square_orders__line_items') }} as lines
            where lines.shop = orders.shop and lines._parent_id = orders.id
        )
        or not exists (
            select 1 from {{ source('raw', 'square_orders__returns') }} as returns
            where returns.shop = orders.shop and returns._parent_id = orders.id
        )

)

select
    source.*,
    unit.minor,
    case when source._deleted_at is null then source.state else 'CANCELED' end as shown_state
from source
cross join lateral (select {{ minor_unit('source.total_money_currency') }} as minor) as unit
