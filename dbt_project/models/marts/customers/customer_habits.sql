{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['customer_key'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}],
        pre_hook=[
            "{{ touched_persons() }}",
            "{{ take_touched(ref('fct_orders'), 'customer_id', 'touched_customer_accounts') }}",
            "{{ take_touched(ref('fct_order_lines'), 'order_id', 'touched_fct_orders') }}",
            "{{ read_whole() }}"
        ]
    )
}}

with accounts as (
    select * from {{ touched_rows(ref('customer_accounts')) }}
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
        accounts.customer_key,
        lines.channel,
        lines.shop,
        lines.order_id,
        lines.ordered_at,
        lines.quantity,
        lines.total_amount_base,
        lines.loaded_at,
        categories.category,
        listings.size
    from {{ touched_rows(ref('fct_order_lines')) }} as lines
    inner join accounts
        on
            lines.channel = accounts.channel
            and lines.shop = accounts.shop
            and lines.customer_id = accounts.customer_id
    left join categories on lines.sku = categories.sku
    left join listings
        on
            lines.channel = listings.channel
            and lines.shop = listings.shop
            and lines.product_id = listings.product_id
            and lines.listing_id = listings.listing_id
    where lines.order_kind = 'sale' and not lines.is_cancelled and lines.line_kind = 'product' and lines.quantity > 0
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

tallies as (
    {% for kind in ['category', 'size'] -%}
        select
            customer_key,
            '{{ kind }}' as kind,
            {{ kind }} as choice,
            sum(quantity) as weight,
            max(ordered_at) as last_at
        from bought
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
        max(choice) filter (where kind = 'channel') as channel,
        cast(max(choice) filter (where kind = 'hour_local') as integer) as hour_local
    from ranked
    where place = 1
    group by customer_key
),

-- What is dear depends on what it is: a piece of the category that is preferred, or of none where no category is known.
paid as (
    select
        customer_key,
        coalesce(category, '') as category,
        round(sum(total_amount_base) / sum(quantity), 4) as piece_amount_base
    from bought
    where total_amount_base is not null
    group by customer_key, coalesce(category, '')
),

persons as (
    select
        accounts.customer_key,
        max(greatest(accounts.loaded_at, bought.loaded_at)) as loaded_at
    from accounts
    inner join bought on accounts.customer_key = bought.customer_key
    group by accounts.customer_key
),

habits as (
    select
        preferred.customer_key,
        preferred.category,
        preferred.size,
        preferred.channel,
        preferred.hour_local,
        paid.piece_amount_base,
        persons.loaded_at
    from preferred
    inner join persons on preferred.customer_key = persons.customer_key
    left join paid on preferred.customer_key = paid.customer_key and coalesce(preferred.category, '') = paid.category
)

select * from habits
