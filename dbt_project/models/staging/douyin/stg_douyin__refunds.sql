with source as (

    select * from {{ source('raw', 'douyin_aftersales') }}
    -- An exchange, a piece sent after, a repair: no money goes back.
    where _deleted_at is null and aftersale_type in (0, 1, 2, 6)

),

mapped as (

    select
        *,
        case
            -- the case is won, the money still on its way
            when aftersale_status = 12 and refund_status in (1, 2) then 'approved'
            else {{ map_status('refund', 'cast(aftersale_status as text)', 'douyin') }}
        end as status
    from source

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        mapped.shop,
        mapped.shop_order_id as order_id,
        mapped.aftersale_id as refund_id,
        coalesce(parts.line_id, nullif(mapped.related_id, mapped.shop_order_id)) as line_id,
        parts.sku,
        -- A price that was lowered afterwards takes no piece back.
        case when mapped.aftersale_type <> 6 then coalesce(parts.quantity, mapped.aftersale_num) end::int as quantity,

        -- statuses
        case when mapped.aftersale_type = 0 then 'return' else 'refund' end as kind,
        mapped.status,
        cast(mapped.aftersale_status as text) as native_status,
        mapped.text_part_reason_text as reason,

        -- What the whole is more than its parts (shipping) goes with the first.
        (
            coalesce(parts.amount, 0)
            + case when coalesce(parts.number, 1) = 1 then mapped.refund_amount - coalesce(parts.all_amount, 0) else 0 end
        ) * 0.01 as amount,
        'CNY' as currency,
        (mapped.aftersale_type = 0 and mapped.status = 'completed') as is_restocked,

        -- times
        to_timestamp(mapped.apply_time) as requested_at,
        case when mapped.status = 'completed' then to_timestamp(mapped.update_time) end as completed_at,
        to_timestamp(mapped.update_time) as updated_at,
        mapped._loaded_at as loaded_at
    from mapped
    left join lateral (
        select
            related.sku_order_id as line_id,
            max(nullif(related.shop_sku_code, '')) as sku,
            max(related.aftersale_item_num) as quantity,
            max(related.aftersale_pay_amount) as amount,
            sum(max(related.aftersale_pay_amount)) over () as all_amount,
            row_number() over (order by min(related._position)) as number
        from {{ source('raw', 'douyin_related') }} as related
        where related.shop = mapped.shop and related._parent_aftersale_id = mapped.aftersale_id
        group by related.sku_order_id
    ) as parts on true

)

select * from renamed
