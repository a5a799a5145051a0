-- Lines of the newest year: what was dear long ago says nothing of today, and cost does not grow with history.
with categories as (
    select
        sku,
        category
    from {{ ref('dim_products') }}
),

-- A day to come is a typing error.
newest as (
    select max(ordered_date) as ordered_date
    from {{ ref('fct_orders') }}
    where ordered_date <= current_date
),

sold as (
    select
        sku,
        cast(total_amount_base / quantity as double precision) as piece_amount_base
    from {{ ref('fct_order_lines') }}
    where
        ordered_date > (select newest.ordered_date - 365 from newest)
        and ordered_date <= (select newest.ordered_date from newest)
        and order_kind = 'sale' and not is_cancelled and line_kind = 'product' and quantity > 0 and customer_id is not null
        and total_amount_base is not null
),

thirds as (
    select
        coalesce(categories.category, '') as category,
        percentile_cont(array[1.0 / 3, 2.0 / 3]) within group (order by sold.piece_amount_base) as limits
    from sold
    left join categories on sold.sku = categories.sku
    group by coalesce(categories.category, '')
),

bands as (
    select
        category,
        round(cast(limits[1] as numeric), 4) as lower_third,
        round(cast(limits[2] as numeric), 4) as upper_third
    from thirds
)

select * from bands
