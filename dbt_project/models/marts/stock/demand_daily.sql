{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['demand_date'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['sku', 'facility_id']}],
        pre_hook="{{ touched_demand_days() }}"
    )
}}

with lines as (
    select * from {{ ref('fct_order_lines') }}
    {% if is_incremental() %} where ordered_date = any(array(select touched.demand_date from touched)) {% endif %}
),

components as (
    select
        bundle_sku,
        component_sku,
        max(quantity) as quantity
    from {{ ref('bundle_components') }}
    group by bundle_sku, component_sku
),

products as (
    select * from {{ ref('dim_products') }}
),

demanded as (
    select * from lines
    where
        order_kind = 'sale'
        and not is_cancelled
        and line_kind = 'product'
        and sku is not null
        and ordered_date is not null
),

-- A bundle's revenue goes to its components by their list value, or by pieces where one of them has no price.
component_values as (
    select
        components.bundle_sku,
        components.component_sku,
        components.quantity,
        case
            when min(coalesce(products.price, 0)) over (partition by components.bundle_sku) > 0
                then components.quantity * products.price
            else components.quantity
        end as list_value
    from components
    left join products on components.component_sku = products.sku
),

shares as (
    select
        bundle_sku,
        component_sku,
        quantity,
        list_value / sum(list_value) over (partition by bundle_sku) as revenue_share
    from component_values
),

exploded as (
    select
        demanded.ordered_date as demand_date,
        demanded.channel,
        demanded.shop,
        demanded.facility_id,
        coalesce(shares.component_sku, demanded.sku) as sku,
        (demanded.quantity - demanded.cancelled_quantity) * coalesce(shares.quantity, 1) as quantity,
        demanded.refunded_quantity * coalesce(shares.quantity, 1) as returned_quantity,
        demanded.total_amount_base * coalesce(shares.revenue_share, 1) as revenue_base,
        demanded.loaded_at
    from demanded
    left join shares on demanded.sku = shares.bundle_sku
),

daily as (
    select
        demand_date,
        channel,
        shop,
        facility_id,
        sku,
        cast(sum(quantity) as integer) as quantity,
        cast(sum(returned_quantity) as integer) as returned_quantity,
        round(sum(revenue_base), 4) as revenue_base,
        max(loaded_at) as loaded_at
    from exploded
    group by demand_date, channel, shop, facility_id, sku
)

select * from daily
