{# Two relations have as many rows. An incremental mart fails it when it missed a change, or when a record vanished below it. #}
{% test same_row_count(model, to) %}
{{ reports_only() }}
select
    ours.row_count,
    theirs.row_count as expected
from (select count(*) as row_count from {{ model }}) as ours
cross join (select count(*) as row_count from {{ to }}) as theirs
where ours.row_count <> theirs.row_count
{% endtest %}
