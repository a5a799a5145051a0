with source as (

    select
        *,
        coalesce(status::text, 'none') as native_status,
        service_count #>> '{}' as pieces
    from {{ source('raw', 'jd_services') }}
    where _deleted_at is null

),

lines as (

    select * from {{ source('raw', 'jd_orders__item_info_list') }}

),

renamed as (

    select
        -- ids
        'jd' as channel,
        source.shop,
        source.order_id,
        source.service_id as refund_id,
        nullif(source.ware_id #>> '{}', '') as line_id,
        line.outer_sku_id as sku,
        case when source.pieces ~ '^\d+$' then source.pieces::int end as quantity,

        -- statuses
        'return' as kind,
        {{ map_status('refund', 'source.native_status', 'jd') }} as status,
        source.native_status,
        source.apply_reason as reason,

        -- amounts
        coalesce(source.refound_amount, 0) as amount,
        'CNY' as currency,
        (source.native_status = '13') as is_restocked,

        -- times
        {{ jd_time('source.afs_apply_time') }} as requested_at,
        case when source.native_status = '13' then {{ jd_time('source.complete_time') }} end as completed_at,
        coalesce({{ jd_time('source.complete_time') }}, {{ jd_time('source.afs_apply_time') }}) as updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select nullif(min(lines.outer_sku_id), '') as outer_sku_id
        from lines
        where
            lines.shop = source.shop and lines._parent_order_id = source.order_id
            and lines.sku_id = source.ware_id #>> '{}'
    ) as line on true

)

select * from renamed
