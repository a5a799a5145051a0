{# No status is 'unknown'. Returns the native statuses that channel_status_map lacks, with the number of rows that have them. #}
{% test known_status(model, column_name, native) %}
{{ reports_only() }}
select channel, {{ native }}, count(*) as row_count
from {{ model }}
where {{ column_name }} = 'unknown'
group by channel, {{ native }}
{% endtest %}
