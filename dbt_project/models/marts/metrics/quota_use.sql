{{ config(materialized='view') }}

with runs as (
    select * from {{ source('planning', 'runs') }}
    where kind = 'plan' and finished_at is not null
),

-- collated as marts are
quotas as (
    select
        run_id,
        facility_id collate "default" as facility_id,
        sku collate "default" as sku,
        channel collate "default" as channel,
        shop collate "default" as shop,
        quota,
        published
    from {{ source('planning', 'quotas') }}
),

demand as (
    select * from {{ ref('demand_daily') }}
),

shops as (
    select * from {{ ref('dim_channels') }}
),

-- of two plans for one day, the later one
last_of_day as (
    select
        as_of,
        max(run_id) as run_id
    from runs
    group by as_of
),

-- a plan holds from its day until the next day that was planned
plans as (
    select
        run_id,
        as_of,
        lead(as_of) over (order by as_of) as until_date
    from last_of_day
),

planned as (
    select
        plans.run_id,
        plans.as_of as planned_date,
        plans.until_date,
        quotas.facility_id,
        quotas.sku,
        quotas.channel,
        quotas.shop,
        quotas.quota,
        quotas.published
    from plans
    inner join quotas on plans.run_id = quotas.run_id
),

sold as (
    select
        plans.run_id,
        demand.facility_id,
        demand.sku,
        demand.channel,
        demand.shop,
        sum(greatest(demand.quantity, 0)) as sold_quantity
    from plans
    inner join demand
        on plans.as_of <= demand.demand_date and (plans.until_date is null or plans.until_date > demand.demand_date)
    group by plans.run_id, demand.facility_id, demand.sku, demand.channel, demand.shop
),

used as (
    select
        planned.run_id,
        planned.planned_date,
        planned.until_date,
        planned.facility_id,
        planned.sku,
        planned.channel,
        planned.shop,
        shops.name as shop_name,
        planned.quota,
        planned.published,
        cast(coalesce(sold.sold_quantity, 0) as integer) as sold_quantity
    from planned
    left join shops on planned.channel = shops.channel and planned.shop = shops.shop
    left join sold
        on
            planned.run_id = sold.run_id
            and planned.facility_id = sold.facility_id
            and planned.sku = sold.sku
            and planned.channel = sold.channel
            and planned.shop = sold.shop
)

select * from used
