{#- A channel without customer records tells of its buyers in its orders: a buyer changes with each of them. -#}
select
    channel,
    shop,
    customer_id,
    loaded_at
from {{ ref('stg_file__customers') }}
union all
select
    channel,
    shop,
    customer_id,
    loaded_at
from {{ ref('stg_shopify__customers') }}
union all
select
    'taobao' as channel,
    shop,
    customer_id,
    loaded_at
from {{ ref('stg_taobao__trades') }}
where customer_id is not null
