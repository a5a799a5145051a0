{# The expression is true in every row; a null makes it fail no row. #}
{% test holds(model, expression) %}
{{ reports_only() }}
select * from {{ model }}
where not ({{ expression }})
{% endtest %}
