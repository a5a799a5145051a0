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

-- Many lines cost the same: they are counted once, and only prices are put in order.
sold as (
    select
        sku,
        total_amount_base,
        quantity,
        count(*) as line_count
    from {{ ref('fct_order_lines') }}
    where
        ordered_date > (select newest.ordered_date - 365 from newest)
        and ordered_date <= (select newest.ordered_date from newest)
        and order_kind = 'sale' and not is_cancelled and line_kind = 'product' and quantity > 0 and customer_id is not null
        and total_amount_base is not null
    group by sku, total_amount_base, quantity
),

prices as (
    select
        coalesce(categories.category, '') as category,
        round(sold.total_amount_base / sold.quantity, 4) as piece_amount_base,
        sum(sold.line_count) as line_count
    from sold
    left join categories on sold.sku = categories.sku
    group by 1, 2
),

counted as (
    select
        category,
        piece_amount_base,
        sum(line_count) over (partition by category order by piece_amount_base) as lines_up_to_it,
        sum(line_count) over (partition by category) as lines
    from prices
),

bands as (
    select
        category,
        min(piece_amount_base) filter (where lines_up_to_it * 3 >= lines) as lower_third,
        min(piece_amount_base) filter (where lines_up_to_it * 3 >= lines * 2) as upper_third
    from counted
    group by category
)

select * from bands
