{# The letter size that a variant's title names as a word of its own ('White / XL', '颜色:白;尺码:M'), else null: numbers may be anything. #}
{% macro garment_size(title) -%}
    upper(substring({{ title }} from '(?i)(?:^|[\s/,:;：；|-])(XXS|XS|S|M|L|XL|XXL|XXXL|[2-5]XL)(?:$|[\s/,;；|-])'))
{%- endmacro %}
