"""Trades and refunds as TOP shows them: the world's frames under TOP's names, in TOP's notation. One row a record.

Only what happened by the clock is in the frames, so that a null moment means: not yet.
"""

from functools import reduce

import numpy as np
import polars as pl

from sluice.sandbox.view import REFUND_EVENTS, SHIPMENT_EVENTS, ShopView, clipped

MOMENTS = ("paid_at", "shipped_at", "delivered_at", "completed_at", "cancelled_at")
REFUND_TIMES = ("requested_at", "approved_at", "returned_at", "settled_at", "rejected_at")
RETURNED = "BUYER_RETURNED_GOODS"


def yuan(minor: pl.Expr) -> pl.Expr:
    """An amount in fen, never negative, as text with two decimals."""
    return (minor // 100).cast(pl.String) + "." + (minor % 100).cast(pl.String).str.zfill(2)


def local(moment: pl.Expr) -> pl.Expr:
    """Beijing time without a zone."""
    return moment.dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S")


def first_of(*cases: tuple[pl.Expr, str], otherwise: str) -> pl.Expr:
    """The text of the first case that holds."""
    return reduce(lambda rest, case: pl.when(case[0]).then(pl.lit(case[1])).otherwise(rest), reversed(cases), pl.lit(otherwise))


def happened(name: str) -> pl.Expr:
    return pl.col(name).is_not_null()


TRADE_STATUS = first_of(
    (happened("cancelled_at") & happened("paid_at"), "TRADE_CLOSED"),
    (happened("cancelled_at"), "TRADE_CLOSED_BY_TAOBAO"),
    (happened("completed_at"), "TRADE_FINISHED"),
    (happened("shipped_at"), "WAIT_BUYER_CONFIRM_GOODS"),
    (happened("paid_at"), "WAIT_SELLER_SEND_GOODS"),
    otherwise="WAIT_BUYER_PAY",
)

# Money alone is paid out as soon as the seller agrees, so that no state lies between asking and having it.
REFUND_STATUS = first_of(
    (happened("settled_at"), "SUCCESS"),
    (happened("rejected_at"), "SELLER_REFUSE_BUYER"),
    (happened("returned_at"), "WAIT_SELLER_CONFIRM_GOODS"),
    (happened("approved_at") & (pl.col("kind") == "return"), "WAIT_BUYER_RETURN_GOODS"),
    otherwise="WAIT_SELLER_AGREE",
)


def given_back(view: ShopView) -> pl.DataFrame:
    """Refunds that were asked for by now, with the time of their last change."""
    seen = clipped(view.history.refunds.frame, REFUND_EVENTS, view.now)
    return seen.with_columns(modified_at=pl.max_horizontal(REFUND_EVENTS)).rename({"completed_at": "settled_at"})


def orders(view: ShopView, trades: pl.DataFrame, refunds: pl.DataFrame, titles: pl.DataFrame) -> pl.DataFrame:
    """The lines of `trades`, one trade's after the other's, `row` being the trade's. `titles` are by listing, and say which
    items are `plain`: sold in one variety only, and so without a sku."""
    lines, counts = view.history.lines.of(trades["position"].to_numpy())
    owner = pl.Series("row", np.repeat(np.arange(len(trades)), counts))
    parcels = clipped(view.history.shipments.frame, SHIPMENT_EVENTS, view.now)
    refund = refunds.select("order_id", "line_no", "refund_id", "kind", "amount_minor", *REFUND_TIMES, status=REFUND_STATUS)
    parcel = parcels.select("order_id", "carrier", "tracking_number", "facility_id")
    heads = trades.select(*MOMENTS, "promo", trade_status=TRADE_STATUS)[owner]
    frame = (
        lines.with_columns(owner)
        .with_columns(heads)
        .join(refund, on=["order_id", "line_no"], how="left", maintain_order="left")
        .join(parcel, on="order_id", how="left", maintain_order="left")
        .join(titles, on="listing_id", how="left", maintain_order="left")
    )
    gross = pl.col("unit_price_minor") * pl.col("quantity")
    own = pl.when(happened("promo")).then(0).otherwise("discount_minor")
    back = pl.when(happened("settled_at")).then("amount_minor").otherwise(0)
    closed = (back > 0) & (back >= pl.col("total_minor")) & pl.col("completed_at").is_null()
    return frame.select(
        "row",
        back_minor=back,
        closed_at=pl.when(closed).then("settled_at"),
        oid=pl.col("line_id").cast(pl.Int64),
        status=pl.when(closed).then(pl.lit("TRADE_CLOSED")).otherwise("trade_status"),
        title=pl.col("title"),
        num=pl.col("quantity"),
        num_iid=pl.col("product_id").cast(pl.Int64),
        sku_id=pl.when(~pl.col("plain")).then("listing_id"),
        outer_iid=pl.when("plain").then("sku"),
        outer_sku_id=pl.when(~pl.col("plain")).then("sku"),
        price=yuan(pl.col("unit_price_minor")),
        total_fee=yuan(gross - own),
        payment=yuan((gross - own - back).clip(0)),
        discount_fee=yuan(own),
        adjust_fee=pl.lit("0.00"),
        part_mjz_discount=pl.when(happened("promo")).then(yuan(pl.col("discount_minor"))),
        divide_order_fee=yuan(pl.col("total_minor")),
        refund_status=pl.col("status").fill_null("NO_REFUND"),
        refund_id=pl.col("refund_id"),
        consign_time=local(pl.col("shipped_at")),
        end_time=local(pl.col("completed_at")),
        logistics_company=pl.col("carrier"),
        invoice_no=pl.col("tracking_number"),
        store_code=pl.col("facility_id"),
    )


def heads(view: ShopView, trades: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The trades themselves, in the order of `trades`; `lines` are their orders."""
    summed = lines.group_by("row", maintain_order=True).agg(
        back=pl.col("back_minor").sum(), is_closed=pl.col("closed_at").is_not_null().all(), closed_at=pl.col("closed_at").max()
    )
    person = view.persons[trades["person_no"]].select("country", "region", "city", "region_zh", "city_zh", "postcode")
    buyer = view.history.identities[trades["identity_no"]].select("name", "phone")
    frame = trades.with_columns(summed.drop("row")).with_columns(person).with_columns(buyer)
    payment = yuan((pl.col("total_minor") - pl.col("back")).clip(0))
    status = pl.when(pl.col("is_closed")).then(pl.lit("TRADE_CLOSED")).otherwise(TRADE_STATUS)
    ended = pl.coalesce("cancelled_at", "completed_at", pl.when("is_closed").then("closed_at"))
    paid = pl.when(happened("paid_at")).then(pl.lit("FRONT_PAID_FINAL_PAID")).otherwise(pl.lit("FRONT_NOPAID_FINAL_NOPAID"))
    return frame.select(
        tid=pl.col("order_id").cast(pl.Int64),
        type=pl.when("is_presale").then(pl.lit("step")).otherwise(pl.lit("fixed")),
        status=status,
        created=local(pl.col("created_at")),
        modified=local(pl.col("updated_at")),
        pay_time=local(pl.col("paid_at")),
        consign_time=local(pl.col("shipped_at")),
        end_time=local(ended),
        payment=payment,
        total_fee=yuan(pl.col("items_minor")),
        discount_fee=yuan(pl.when(happened("promo")).then("discount_minor").otherwise(0)),
        adjust_fee=pl.lit("0.00"),
        post_fee=yuan(pl.col("shipping_minor")),
        received_payment=pl.when(status == "TRADE_FINISHED").then(payment).otherwise(pl.lit("0.00")),
        step_trade_status=pl.when("is_presale").then(paid),
        shipping_type=pl.when(pl.col("shipping_minor") > 0).then(pl.lit("express")).otherwise(pl.lit("free")),
        buyer_open_uid=pl.col("customer_id"),
        buyer_nick=pl.col("name"),
        receiver_name=pl.col("name"),
        receiver_mobile=pl.col("phone"),
        receiver_country=pl.when(pl.col("country") == "CN").then(pl.lit("中国")).otherwise("country"),
        receiver_state=pl.coalesce("region_zh", "region"),
        receiver_city=pl.coalesce("city_zh", "city"),
        receiver_zip=pl.col("postcode"),
    )


def refunds(given: pl.DataFrame, trades: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Refunds of `trades`, whose `trade` is the row there; `lines` as the world has them."""
    frame = given.with_columns(trades.select(*MOMENTS, "shipping_minor")[given["trade"]]).join(
        lines.select("order_id", "line_no", "line_id", "total_minor"), on=["order_id", "line_no"], maintain_order="left"
    )
    paid = pl.col("total_minor") + pl.when(pl.col("line_no") == 1).then("shipping_minor").otherwise(0)
    is_return = pl.col("kind") == "return"
    back, received = happened("returned_at"), happened("delivered_at")
    return frame.select(
        refund_id=pl.col("refund_id"),
        tid=pl.col("order_id").cast(pl.Int64),
        oid=pl.col("line_id").cast(pl.Int64),
        status=REFUND_STATUS,
        created=local(pl.col("requested_at")),
        modified=local(pl.col("modified_at")),
        refund_fee=yuan(pl.col("amount_minor")),
        total_fee=yuan(paid),
        payment=yuan((paid - pl.col("amount_minor")).clip(0)),
        order_status=TRADE_STATUS,
        good_status=first_of((back, RETURNED), (received, "BUYER_RECEIVED"), otherwise="BUYER_NOT_RECEIVED"),
        has_good_return=is_return,
        reason=first_of((is_return, "七天无理由退换货"), (happened("shipped_at"), "协商一致退款"), otherwise="我不想要了"),
        refund_phase=first_of((happened("completed_at"), "aftersale"), otherwise="onsale"),
        company_name=pl.when(back).then(pl.lit("SF Express")),
        sid=pl.when(back).then("SF" + pl.col("refund_id")),
    )
