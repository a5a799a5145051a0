{# Stock of a facility comes from one shop: counted by two, its pieces would be there twice. #}
{% test one_counter(model) %}
{{ reports_only() }}
select facility_id from {{ model }}
group by facility_id
having count(distinct (channel, shop)) > 1
{% endtest %}
