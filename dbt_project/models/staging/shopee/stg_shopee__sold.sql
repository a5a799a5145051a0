with source as (

    select
        *,
        -- Of a bundle deal Shopee does not say what each part of it costs less.
        case
            when promotion_type = 'bundle_deal' and model_discounted_price = 0 then model_original_price
            else model_discounted_price
        end as sold_price
    from {{ source('raw', 'shopee_orders__item_list') }}

),

renamed as (

    select
        -- ids
        shop,
        _parent_order_sn as order_id,
        -- Item and model; in deals, where the same model may be sold twice in an order, with what tells one from the other.
        concat_ws(
            '-', item_id, model_id,
            nullif(order_item_id, item_id),
            case when line_item_id <> item_id and line_item_id <> coalesce(order_item_id, '') then line_item_id end,
            nullif(add_on_deal_id, '0')
        ) as line_id,
        _position as position,
        item_id,
        model_id,
        case when model_id = '0' then item_id else model_id end as listing_id,
        coalesce(nullif(model_sku, ''), nullif(item_sku, '')) as sku,
        item_name as title,

        -- numerics
        model_quantity_purchased as quantity,
        coalesce(cancelled_qty, 0) as cancelled_quantity,
        greatest(model_original_price, sold_price) as unit_price,
        (greatest(model_original_price, sold_price) - sold_price) * model_quantity_purchased as discount_amount
    from source

)

select * from renamed
