with source as (

    select * from {{ source('odoo', 'odoo_sale_orders__invoice_ids') }}

),

orders as (

    select * from {{ source('raw', 'odoo_sale_orders') }}

),

-- One invoice may be for several sales: each has the share that its lines have.
shared as (

    select
        source.*,
        orders._loaded_at,
        case when lines.own = lines.linked or lines.linked = 0 then 1 else lines.own / lines.linked end as share
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    left join lateral (
        select
            coalesce(sum(invoiced.price_total), 0) as linked,
            coalesce(sum(invoiced.price_total) filter (where own_lines.id is not null), 0) as own
        from {{ source('odoo', 'odoo_sale_invoice_lines') }} as invoiced
        left join {{ source('odoo', 'odoo_sale_orders__order_line') }} as own_lines
            on
                invoiced.shop = own_lines.shop and invoiced._parent_id = own_lines._parent_id
                and invoiced.sale_line_ids @> to_jsonb(own_lines.id::bigint)
        where
            invoiced.shop = source.shop and invoiced._parent_id = source._parent_id
            and invoiced._parent_position = source._position
    ) as lines on true

),

renamed as (

    select
        -- ids
        shop,
        _parent_id as order_id,
        _position as position,
        id as invoice_id,
        name,
        ref,

        -- statuses
        move_type,
        state,
        payment_state,
        case when state = 'posted' then payment_state else state end as native_status,

        -- amounts
        case when share = 1 then amount_total else round(amount_total * share, 2) end as amount,
        case
            when share = 1 then amount_total - amount_residual else round((amount_total - amount_residual) * share, 2)
        end as settled_amount,
        currency_id_name as currency,

        -- times
        create_date as created_at,
        write_date as updated_at,
        _loaded_at as loaded_at
    from shared

)

select * from renamed
