{# A foreign key of several columns: every row has its row in `to`, under the same names. One with a null refers to nothing. #}
{% test refers_to(model, columns, to) %}
{{ reports_only() }}
select distinct {{ columns | join(', ') }}
from {{ model }} as child
where {{ columns | join(' is not null and ') }} is not null and not exists (
    select 1 from {{ to }} as parent
    where {% for column in columns %}parent.{{ column }} = child.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %}
)
{% endtest %}
