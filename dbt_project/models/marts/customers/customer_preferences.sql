{#
  A join of three columns that say much the same (channel, shop, id) is taken for one of a few rows, and a loop over a thousand times as
  many follows. All rows are read here, so hashes are right.
#}
{{ config(pre_hook='set local enable_nestloop = off') }}

with keys as (
    select * from {{ ref('customer_keys') }}
),

shops as (
    select * from {{ ref('dim_channels') }}
),

categories as (
    select
        sku,
        category
    from {{ ref('dim_products') }}
),

listings as (
    select
        channel,
        shop,
        product_id,
        listing_id,
        max({{ garment_size('listing_title') }}) as size
    from {{ ref('products') }}
    group by channel, shop, product_id, listing_id
),

bought as (
    select
        keys.customer_key,
        lines.channel,
        lines.shop,
        lines.order_id,
        lines.ordered_at,
        lines.quantity,
        lines.total_amount_base / lines.quantity as piece_amount_base,
        categories.category,
        listings.size
    from {{ ref('fct_order_lines') }} as lines
    inner join keys
        on
            lines.channel = keys.channel
            and lines.shop = keys.shop
            and lines.customer_id = keys.customer_id
    left join categories on lines.sku = categories.sku
    left join listings
        on
            lines.channel = listings.channel
            and lines.shop = listings.shop
            and lines.product_id = listings.product_id
            and lines.listing_id = listings.listing_id
    where lines.order_kind = 'sale' and not lines.is_cancelled and lines.line_kind = 'product' and lines.quantity > 0
),

-- What is dear depends on what it is: thirds of the lines of each category.
bands as (
    select
        coalesce(category, '') as category,
        percentile_cont(1.0 / 3) within group (order by piece_amount_base) as lower_third,
        percentile_cont(2.0 / 3) within group (order by piece_amount_base) as upper_third
    from bought
    group by coalesce(category, '')
),

orders as (
    select
        bought.customer_key,
        bought.channel,
        bought.order_id,
        max(bought.ordered_at) as ordered_at,
        to_char(max(bought.ordered_at) at time zone max(shops.timezone), 'HH24') as hour_local
    from bought
    inner join shops on bought.channel = shops.channel and bought.shop = shops.shop
    group by bought.customer_key, bought.channel, bought.shop, bought.order_id
),

priced as (
    select
        bought.*,
        case
            when bought.piece_amount_base < bands.lower_third then 'low'
            when bought.piece_amount_base > bands.upper_third then 'high'
            when bought.piece_amount_base is not null then 'middle'
        end as price_band
    from bought
    inner join bands on coalesce(bought.category, '') = bands.category
),

tallies as (
    {% for kind in ['category', 'size', 'price_band'] -%}
        select
            customer_key,
            '{{ kind }}' as kind,
            {{ kind }} as choice,
            sum(quantity) as weight,
            max(ordered_at) as last_at
        from priced
        where {{ kind }} is not null
        group by customer_key, {{ kind }}
        union all
    {% endfor -%}
    {% for kind in ['channel', 'hour_local'] -%}
        select
            customer_key,
            '{{ kind }}' as kind,
            {{ kind }} as choice,
            count(*) as weight,
            max(ordered_at) as last_at
        from orders
        where {{ kind }} is not null
        group by customer_key, {{ kind }}
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

-- A tie goes to what was chosen last, then to the first by name.
ranked as (
    select
        customer_key,
        kind,
        choice,
        row_number() over (
            partition by customer_key, kind
            order by weight desc, last_at desc nulls last, choice collate "C" asc
        ) as place
    from tallies
),

preferred as (
    select
        customer_key,
        max(choice) filter (where kind = 'category') as category,
        max(choice) filter (where kind = 'size') as size,
        max(choice) filter (where kind = 'price_band') as price_band,
        max(choice) filter (where kind = 'channel') as channel,
        cast(max(choice) filter (where kind = 'hour_local') as integer) as hour_local
    from ranked
    where place = 1
    group by customer_key
)

select * from preferred
