with facilities as (
    select * from {{ ref('facilities') }}
),

-- Two ERPs may know one facility; the one that gives it the better priority describes it.
ranked as (
    select
        *,
        row_number() over (partition by facility_id order by priority, channel, shop) as choice
    from facilities
),

described as (
    select
        facility_id,
        name,
        kind,
        country,
        region,
        city,
        priority,
        loaded_at
    from ranked
    where choice = 1
    union all
    -- Where orders count that nobody has placed, in a company without an ERP.
    select
        'default' as facility_id,
        'Not placed' as name,
        'warehouse' as kind,
        null as country,
        null as region,
        null as city,
        null as priority,
        null as loaded_at
    where 'default' not in (select facilities.facility_id from facilities)
)

select * from described
