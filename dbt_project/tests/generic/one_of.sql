{# A word of the vocabulary; null is none of them. Returns the others, with the number of rows that have them. #}
{% test one_of(model, column_name, values) %}
{{ reports_only() }}
select {{ column_name }}, count(*) as row_count
from {{ model }}
where {{ column_name }} is null or {{ column_name }} not in ('{{ values | join("', '") }}')
group by {{ column_name }}
{% endtest %}
