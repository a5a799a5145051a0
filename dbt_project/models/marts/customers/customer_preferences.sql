{{ config(materialized='view') }}

-- A view: what is dear moves with every order that anybody places, and what a person pays does not.
with habits as (
    select * from {{ ref('customer_habits') }}
),

bands as (
    select * from {{ ref('price_bands') }}
),

preferences as (
    select
        habits.customer_key,
        habits.category,
        habits.size,
        case
            when habits.piece_amount_base < bands.lower_third then 'low'
            when habits.piece_amount_base > bands.upper_third then 'high'
            when habits.piece_amount_base is not null and bands.lower_third is not null then 'middle'
        end as price_band,
        habits.channel,
        habits.hour_local
    from habits
    left join bands on coalesce(habits.category, '') = bands.category
)

select * from preferences
