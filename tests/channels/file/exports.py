"""Orders written as the platforms' exports write them: their headers, encodings, guards against spreadsheets, words and times."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "exports"
HEADERS: dict[str, list[str]] = json.loads((FIXTURES / "headers.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Line:
    sku: str
    title: str
    quantity: int
    price: Decimal
    discount: Decimal
    """Of the whole line, at most what it costs."""

    @property
    def gross(self) -> Decimal:
        return self.price * self.quantity

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount


@dataclass(frozen=True)
class Order:
    number: str
    at: datetime
    state: str
    """unpaid, paid, shipped, done or cancelled."""
    shipping: Decimal
    tax: Decimal
    """On the first line, on top."""
    lines: Sequence[Line]

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))


Row = Mapping[str, str]


@dataclass(frozen=True)
class Export:
    """How one platform writes. `words` are its status by ours; `total` is what the buyer owed of what the export tells."""

    rows: Callable[[Order], list[Row]]
    total: Callable[[Order], Decimal]
    encoding: str
    words: Mapping[str, str]
    ordered_at: str | None = "%Y-%m-%dT%H:%M:%S"
    delimiter: str = ","
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    note: Sequence[str] = ()
    """Cells of a row that explains the columns."""

    def write(self, name: str, orders: Sequence[Order]) -> bytes:
        out = io.StringIO()
        out.write("".join(f"{line}\n" for line in self.before))
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n")
        writer.writerow(HEADERS[name])
        if self.note:
            writer.writerow([*self.note, *[""] * (len(HEADERS[name]) - len(self.note))])
        for row in (row for order in orders for row in self.rows(order)):
            assert not set(row) - set(HEADERS[name]), set(row) - set(HEADERS[name])
            writer.writerow([row.get(header, "") for header in HEADERS[name]])
        out.write("".join(f"{line}\n" for line in self.after))
        return out.getvalue().encode(self.encoding)


def when(order: Order, form: str) -> str:
    return order.at.strftime(form)


def paid(order: Order, text: str) -> str:
    return "" if order.state in ("unpaid", "cancelled") else text


def sent(order: Order, text: str) -> str:
    return text if order.state in ("shipped", "done") else ""


def shopify(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%d %H:%M:%S +0800")
    states = {"unpaid": "pending", "cancelled": "voided"}
    head = {
        "Email": "li@example.com",
        "Financial Status": states.get(order.state, "paid"),
        "Paid at": paid(order, at),
        "Fulfillment Status": sent(order, "fulfilled") or "unfulfilled",
        "Fulfilled at": sent(order, at),
        "Currency": "USD",
        "Subtotal": str(order.net),
        "Shipping": str(order.shipping),
        "Taxes": str(order.tax),
        "Total": str(order.net + order.shipping + order.tax),
        "Discount Amount": str(sum((line.discount for line in order.lines), Decimal(0))),
        "Created at": at,
        "Cancelled at": at if order.state == "cancelled" else "",
        "Shipping Country": "US",
        "Shipping Zip": "'01234",
        "Id": "5400004959192",
    }
    return [
        {
            "Name": f"#{order.number}",
            **(head if place == 0 else {}),
            "Lineitem quantity": str(line.quantity),
            "Lineitem name": line.title,
            "Lineitem price": str(line.price),
            "Lineitem sku": line.sku,
            "Lineitem discount": str(line.discount),
        }
        for place, line in enumerate(order.lines)
    ]


def amazon(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%dT%H:%M:%S+08:00")
    words = AMAZON[order.state]
    return [
        {
            "amazon-order-id": order.number,
            "purchase-date": at,
            "last-updated-date": at,
            "order-status": words,
            "product-name": line.title,
            "sku": line.sku,
            "asin": "B000000001",
            "item-status": words if words in ("Cancelled", "Shipped") else "Unshipped",
            "quantity": str(line.quantity),
            "currency": "USD",
            "item-price": "" if order.state in ("unpaid", "cancelled") else str(line.gross),
            "item-tax": str(order.tax) if place == 0 else "",
            "shipping-price": str(order.shipping) if place == 0 else "",
            "item-promotion-discount": str(line.discount),
            "ship-country": "US",
        }
        for place, line in enumerate(order.lines)
    ]


AMAZON = {"unpaid": "Pending", "paid": "Unshipped", "shipped": "Shipped", "done": "Shipped", "cancelled": "Cancelled"}


def amazon_new(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%dT%H:%M:%S+08:00")
    return [
        {
            "order-id": order.number,
            "order-item-id": f"{order.number}{place}",
            "purchase-date": at,
            "payments-date": at,
            "sku": line.sku,
            "product-name": line.title,
            "quantity-purchased": str(line.quantity),
            "currency": "USD",
            "item-price": str(line.gross),
            "item-tax": str(order.tax) if place == 0 else "",
            "shipping-price": str(order.shipping) if place == 0 else "",
        }
        for place, line in enumerate(order.lines)
    ]


def amazon_unshipped(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%dT%H:%M:%S+08:00")
    return [
        {
            "order-id": order.number,
            "order-item-id": f"{order.number}{place}",
            "purchase-date": at,
            "payments-date": at,
            "promise-date": at,
            "sku": line.sku,
            "product-name": line.title,
            "quantity-purchased": str(line.quantity),
            "quantity-shipped": "0",
            "quantity-to-ship": str(line.quantity),
        }
        for place, line in enumerate(order.lines)
    ]


def ebay(order: Order) -> list[Row]:
    at = when(order, "%b-%d-%y")
    return [
        {
            "Sales Record Number": "77",
            "Order Number": order.number,
            "Buyer Username": "li",
            "Item Number": "1234567890",
            "Item Title": line.title,
            "Custom Label": line.sku,
            "Quantity": str(line.quantity),
            "Sold For": f"${line.price:,}",
            "Shipping And Handling": f"${order.shipping if place == 0 else Decimal(0):,}",
            "Seller Collected Tax": f"${order.tax if place == 0 else Decimal(0):,}",
            "Sale Date": at,
            "Paid On Date": paid(order, at),
            "Shipped On Date": sent(order, at),
        }
        for place, line in enumerate(order.lines)
    ]


def woo(order: Order) -> list[Row]:
    return [
        {
            "Order Number": order.number,
            "Order Status": WOO[order.state],
            "Order Date": when(order, "%Y-%m-%d %H:%M"),
            "Email (Billing)": "li@example.com",
            "Item #": str(place + 1),
            "SKU": line.sku,
            "Name": line.title,
            "Quantity": str(line.quantity),
            "Order Line (w/o tax)": str(line.net),
            "Order Line Tax": str(order.tax) if place == 0 else "0",
            "Cart Discount Amount": str(sum((one.discount for one in order.lines), Decimal(0))),
            "Order Subtotal Amount": str(sum((one.gross for one in order.lines), Decimal(0))),
            "Order Tax Amount": str(order.tax),
            "Order Shipping Amount": str(order.shipping),
            "Order Refund Amount": "0",
        }
        for place, line in enumerate(order.lines)
    ]


WOO = {"unpaid": "Pending payment", "paid": "Processing", "shipped": "Completed", "done": "Completed", "cancelled": "Cancelled"}


def tiktok(order: Order) -> list[Row]:
    at = when(order, "%d/%m/%Y %H:%M:%S\t")
    return [
        {
            "Order ID": f"{order.number}\t",
            "Order Status": TIKTOK[order.state],
            "SKU ID": f"17290000000000{place}\t",
            "Seller SKU": line.sku,
            "Product Name": line.title,
            "Quantity": str(line.quantity),
            "Sku Quantity of return": "0",
            "SKU Unit Original Price": str(line.price),
            "SKU Subtotal Before Discount": str(line.gross),
            "SKU Subtotal After Discount": str(line.net),
            "Shipping Fee After Discount": str(order.shipping),
            "Order Amount": str(order.net + order.shipping + order.tax),
            "Created Time": at,
            "Paid Time": paid(order, at),
        }
        for place, line in enumerate(order.lines)
    ]


TIKTOK = {"unpaid": "Unpaid", "paid": "To ship", "shipped": "Shipped", "done": "Completed", "cancelled": "Canceled"}
TAOBAO = {
    "unpaid": "等待买家付款",
    "paid": "买家已付款，等待卖家发货",
    "shipped": "卖家已发货，等待买家确认",
    "done": "交易成功",
    "cancelled": "交易关闭",
}


def taobao(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%d %H:%M:%S")
    return [
        {
            "订单编号": f'="{order.number}"',
            "买家会员名": "李",
            "买家应付货款": str(order.net),
            "买家应付邮费": str(order.shipping),
            "总金额": str(order.net + order.shipping),
            "订单状态": TAOBAO[order.state],
            "订单创建时间": at,
            "订单付款时间": paid(order, at),
            "宝贝标题": ",".join(line.title for line in order.lines),
        }
    ]


def taobao_items(order: Order) -> list[Row]:
    return [
        {
            "订单编号": f'="{order.number}"',
            "标题": line.title,
            "价格": str(line.price),
            "购买数量": str(line.quantity),
            "订单状态": TAOBAO[order.state],
            "商家编码": line.sku,
        }
        for line in order.lines
    ]


JD = {"unpaid": "等待付款", "paid": "等待出库", "shipped": "等待确认收货", "done": "完成", "cancelled": "取消"}


def jd(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%d %H:%M:%S")
    return [
        {
            "订单号": f"{order.number}\t",
            "商品ID": f"1000{place}",
            "商品名称": line.title,
            "订购数量": str(line.quantity),
            "下单时间": at,
            "京东价": str(line.price),
            "订单金额": str(order.net + order.shipping),
            "订单状态": JD[order.state],
            "下单帐号": "jd_li",
            "联系电话": "1******6198",
            "运费金额": str(order.shipping),
            "付款确认时间": paid(order, at),
            "货号": line.sku,
            "订单完成时间": at if order.state == "done" else "",
        }
        for place, line in enumerate(order.lines)
    ]


DOUYIN = {"unpaid": "待支付", "paid": "待发货", "shipped": "已发货", "done": "已完成", "cancelled": "已关闭"}


def douyin(order: Order) -> list[Row]:
    at = when(order, "%Y-%m-%d %H:%M:%S")
    rows = []
    for place, line in enumerate(order.lines):
        shipping = order.shipping if place == 0 else Decimal(0)
        rows.append(
            {
                "主订单编号": f"\t{order.number}",
                "子订单编号": f"\t{order.number}{place}",
                "选购商品": line.title,
                "商品数量": str(line.quantity),
                "商品ID": f"\t3500000000{place}",
                "商家编码": line.sku,
                "商品金额": str(line.gross),
                "订单应付金额": str(line.net + shipping),
                "运费": str(shipping),
                "收件人": "##abc##",
                "订单提交时间": at,
                "支付完成时间": paid(order, at) or "-",
                "订单完成时间": at if order.state == "done" else "-",
                "订单状态": DOUYIN[order.state],
                "发货时间": sent(order, at) or "-",
            }
        )
    return rows


def whole(order: Order) -> Decimal:
    return order.net + order.shipping + order.tax


def gross(order: Order) -> Decimal:
    return sum((line.gross for line in order.lines), Decimal(0))


SAME = dict.fromkeys(("unpaid", "paid", "shipped", "done", "cancelled"), "")
UTC = "%Y-%m-%dT%H:%M:%SZ"
EXPORTS: dict[str, Export] = {
    "shopify_orders": Export(shopify, whole, "utf-8", SAME, UTC),
    "amazon_all_orders": Export(
        amazon, lambda order: Decimal(0) if order.state in ("unpaid", "cancelled") else whole(order), "cp1252", AMAZON, UTC, "\t"
    ),
    "amazon_new_orders": Export(amazon_new, lambda o: gross(o) + o.shipping + o.tax, "utf-8", SAME, UTC, "\t"),
    "amazon_unshipped": Export(amazon_unshipped, lambda _: Decimal(0), "utf-8", SAME, UTC, "\t"),
    "ebay_orders": Export(
        ebay, lambda o: gross(o) + o.shipping + o.tax, "utf-8-sig", SAME, "%Y-%m-%dT00:00:00",
        before=("", ""), after=("", "3 record(s) downloaded", "Seller ID : li"),
    ),
    "woocommerce_orders": Export(woo, whole, "utf-8", WOO, "%Y-%m-%dT%H:%M:00"),
    "tiktok_orders": Export(tiktok, whole, "utf-8-sig", TIKTOK, note=("Platform unique order ID.", "The status of the order.")),
    "taobao_orders": Export(taobao, lambda o: o.net + o.shipping, "gb18030", TAOBAO),
    "taobao_items": Export(taobao_items, gross, "gbk", TAOBAO, None),
    "jd_orders": Export(jd, lambda o: o.net + o.shipping, "gbk", JD),
    "douyin_orders": Export(douyin, lambda o: o.net + o.shipping, "utf-8-sig", DOUYIN),
}  # fmt: skip
