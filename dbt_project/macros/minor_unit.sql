{# What one of a currency's smallest units is worth in the currency (ISO 4217): amounts that are whole numbers times this. #}
{% macro minor_unit(currency) -%}
    case
        when
            {{ currency }} in (
                'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            )
            then 1
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 0.001
        else 0.01
    end
{%- endmacro %}
