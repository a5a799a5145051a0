with source as (

    select
        *,
        after_sales_status::text as native_status,
        goods_number #>> '{}' as pieces
    from {{ source('raw', 'pinduoduo_refunds') }}
    -- An exchange (4) and a piece sent after (5) are cases too, in which no money goes back.
    where _deleted_at is null and after_sales_type not in (4, 5)

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        shop,
        order_sn as order_id,
        id as refund_id,
        nullif(sku_id #>> '{}', '') as line_id,
        nullif(outer_id, '') as sku,
        case when pieces ~ '^\d+$' then pieces::int end as quantity,

        -- statuses
        case when after_sales_type = 3 then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'native_status', 'pinduoduo') }} as status,
        native_status,
        after_sale_reason as reason,

        -- amounts
        refund_amount as amount,
        'CNY' as currency,
        (after_sales_type = 3 and after_sales_status = 10) as is_restocked,

        -- times
        {{ beijing_time('created_time') }} as requested_at,
        case when after_sales_status = 10 then {{ beijing_time('updated_time') }} end as completed_at,
        {{ beijing_time('updated_time') }} as updated_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
