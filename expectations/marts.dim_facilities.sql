-- check: default_is_there
-- severity: critical
-- What nobody has placed counts at the facility 'default'.
select 'default' as missing
where exists (select from marts.dim_facilities)
    and not exists (select from marts.dim_facilities as f where f.facility_id = 'default');

-- check: priorities_are_different
-- severity: warning
-- Two facilities of one priority are served in order of their names.
select f.priority, count(*) as facilities
from marts.dim_facilities as f
where f.priority is not null
group by f.priority
having count(*) > 1;
