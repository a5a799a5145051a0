{#
  dbt's own tests, which report and hold nothing up, as ours do: one order without a time, in one channel, would keep every mart of
  every channel from being built.
#}
{% test not_null(model, column_name) %}
{{ reports_only() }}
{{ adapter.dispatch('test_not_null', 'dbt')(model, column_name) }}
{% endtest %}


{% test unique(model, column_name) %}
{{ reports_only() }}
{{ adapter.dispatch('test_unique', 'dbt')(model, column_name) }}
{% endtest %}


{% test accepted_values(model, column_name, values, quote=True) %}
{{ reports_only() }}
{{ adapter.dispatch('test_accepted_values', 'dbt')(model, column_name, values, quote) }}
{% endtest %}


{% test relationships(model, column_name, to, field) %}
{{ reports_only() }}
{{ adapter.dispatch('test_relationships', 'dbt')(model, column_name, to, field) }}
{% endtest %}
