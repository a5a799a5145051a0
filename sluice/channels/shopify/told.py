"""The contract's order, made of one that a webhook told of.

Ids are read from the global id (`admin_graphql_api_id`): a number that has gone through JavaScript has lost its last digits.
"""

from collections.abc import Iterable
from decimal import Decimal

from sluice.channels.shopify import contract
from sluice.channels.shopify.contract import MoneyBag, Nodes, Reference
from sluice.channels.shopify.payload import Address, Amount, Buyer, Fulfillment, LineItem, Named, Order, Refund, RefundLine

FULFILMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED"}
NOT_SENT = frozenset({"UNFULFILLED", "SCHEDULED", "ON_HOLD", "OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT", "REQUEST_DECLINED"})
"""REST says null to all of these."""


def order(sent: Order, whole: contract.Order | None) -> contract.Order:
    """The order that a payload tells of. Raises ValueError where an id is none.

    REST carries no transactions (but those of refunds), no fulfilment orders, no return status, of a shipment neither when it set
    out nor when it arrived, and locations only by number. These are taken from `whole`.
    """
    refunds = _refunds(sent, whole)
    refunded = sum((one.totalRefundedSet.shopMoney.amount for one in refunds), Decimal(0))
    return contract.Order(
        id=sent.admin_graphql_api_id,
        legacyResourceId=number(sent.admin_graphql_api_id),
        name=sent.name,
        createdAt=sent.created_at,
        updatedAt=sent.updated_at,
        processedAt=sent.processed_at,
        test=sent.test,
        currencyCode=sent.currency,
        taxesIncluded=sent.taxes_included,
        tags=[tag.strip() for tag in sent.tags.split(",") if tag.strip()],
        displayFulfillmentStatus=_fulfilment_status(sent.fulfillment_status, whole),
        returnStatus=whole.returnStatus if whole else "NO_RETURN",
        totalPriceSet=_bag(sent.total_price_set),
        totalShippingPriceSet=_bag(sent.total_shipping_price_set),
        totalRefundedSet=MoneyBag(contract.Money(refunded, sent.total_price_set.shop_money.currency_code)),
        lineItems=Nodes([_line(line, refunds) for line in sent.line_items]),
        transactions=whole.transactions if whole else [],
        refunds=refunds,
        fulfillments=_fulfillments(sent, whole),
        fulfillmentOrders=whole.fulfillmentOrders if whole else Nodes([]),
        displayFinancialStatus=_upper(sent.financial_status),
        cancelReason=_upper(sent.cancel_reason),
        cancelledAt=sent.cancelled_at,
        closedAt=sent.closed_at,
        sourceName=sent.source_name,
        totalDiscountsSet=_optional_bag(sent.total_discounts_set),
        totalTaxSet=_optional_bag(sent.total_tax_set),
        originalTotalDutiesSet=_optional_bag(sent.original_total_duties_set),
        originalTotalAdditionalFeesSet=_optional_bag(sent.original_total_additional_fees_set),
        customer=contract.Buyer(number(_id(sent.customer, "Customer"))) if sent.customer else None,
        email=sent.email,
        phone=sent.phone,
        billingAddress=_billing(sent.billing_address),
        retailLocation=_place(sent.location_id, [whole.retailLocation] if whole else []),
        shippingAddress=_address(sent.shipping_address),
    )


def _line(line: LineItem, refunds: Iterable[contract.Refund]) -> contract.LineItem:
    current = line.current_quantity
    if current is None:
        taken = [one for refund in refunds for one in refund.refundLineItems.nodes]
        current = line.quantity - sum(one.quantity for one in taken if one.lineItem.id == line.admin_graphql_api_id)
    return contract.LineItem(
        id=line.admin_graphql_api_id,
        title=line.title,
        quantity=line.quantity,
        currentQuantity=current,
        isGiftCard=line.gift_card,
        originalUnitPriceSet=_bag(line.price_set),
        discountAllocations=[contract.DiscountAllocation(_bag(one.amount_set)) for one in line.discount_allocations],
        taxLines=[contract.TaxLine(one.title, _bag(one.price_set)) for one in line.tax_lines],
        sku=line.sku,
        variantTitle=line.variant_title,
        product=_linked(line.product_id),
        variant=_linked(line.variant_id),
    )


def _refunds(sent: Order, whole: contract.Order | None) -> list[contract.Refund]:
    known = {refund.id: refund for refund in whole.refunds} if whole else {}
    currency = sent.total_price_set.shop_money.currency_code
    return [_refund(refund, known.get(refund.admin_graphql_api_id), currency) for refund in sent.refunds]


def _refund(sent: Refund, known: contract.Refund | None, currency: str) -> contract.Refund:
    done = sent.processed_at or sent.created_at
    paid = [one for one in sent.transactions if one.kind == "refund" and one.status == "success"]
    amount = sum((one.amount_set.shop_money.amount if one.amount_set else one.amount for one in paid), Decimal(0))
    return contract.Refund(
        id=sent.admin_graphql_api_id,
        legacyResourceId=number(sent.admin_graphql_api_id),
        processedAt=done,
        updatedAt=max(done, known.updatedAt) if known else done,
        totalRefundedSet=MoneyBag(contract.Money(amount, currency)),
        refundLineItems=Nodes([_refund_line(one) for one in sent.refund_line_items]),
        createdAt=sent.created_at,
        note=sent.note,
        forReturn=Reference(_id(sent.of_return, "Return")) if sent.of_return else None,
    )


def _refund_line(sent: RefundLine) -> contract.RefundLineItem:
    named = sent.line_item if sent.line_item and sent.line_item.admin_graphql_api_id else Named(id=sent.line_item_id)
    return contract.RefundLineItem(
        lineItem=Reference(_id(named, "LineItem")),
        quantity=sent.quantity,
        restockType=sent.restock_type.upper(),
        restocked=sent.restock_type != "no_restock",
        subtotalSet=_bag(sent.subtotal_set),
        totalTaxSet=_bag(sent.total_tax_set),
    )


def _fulfillments(sent: Order, whole: contract.Order | None) -> list[contract.Fulfillment]:
    known = {fulfillment.id: fulfillment for fulfillment in whole.fulfillments} if whole else {}
    places = [one.location for one in known.values()]
    return [_fulfillment(one, known.get(one.admin_graphql_api_id), places) for one in sent.fulfillments]


def _fulfillment(
    sent: Fulfillment, known: contract.Fulfillment | None, places: Iterable[contract.Place | None]
) -> contract.Fulfillment:
    tracked = sent.tracking_company is not None or sent.tracking_number is not None
    shown = _upper(sent.shipment_status)
    return contract.Fulfillment(
        id=sent.admin_graphql_api_id,
        legacyResourceId=number(sent.admin_graphql_api_id),
        status=sent.status.upper(),
        createdAt=sent.created_at,
        updatedAt=sent.updated_at,
        trackingInfo=[contract.TrackingInfo(sent.tracking_company, sent.tracking_number)] if tracked else [],
        fulfillmentLineItems=Nodes(
            [contract.FulfillmentLineItem(Reference(one.admin_graphql_api_id), one.quantity) for one in sent.line_items]
        ),
        displayStatus=shown or (known.displayStatus if known and known.status == sent.status.upper() else None),
        inTransitAt=known.inTransitAt if known else None,
        deliveredAt=known.deliveredAt if known else None,
        location=_place(sent.location_id, places),
    )


def _fulfilment_status(status: str | None, whole: contract.Order | None) -> str:
    if status is None and whole and whole.displayFulfillmentStatus in NOT_SENT:
        return whole.displayFulfillmentStatus
    return FULFILMENT.get(status) or str(status).upper()


def _place(location: int | None, known: Iterable[contract.Place | None]) -> contract.Place | None:
    """REST does not name a location: its name is known where it was read once."""
    return next((place for place in known if place and location is not None and number(place.id) == str(location)), None)


def _address(sent: Address | None) -> contract.MailingAddress | None:
    if sent is None:
        return None
    return contract.MailingAddress(
        name=sent.name,
        address1=sent.address1,
        address2=sent.address2,
        city=sent.city,
        province=sent.province,
        zip=sent.zip,
        countryCodeV2=sent.country_code,
        phone=sent.phone,
    )


def _billing(sent: Address | None) -> contract.BillingAddress | None:
    if sent is None:
        return None
    return contract.BillingAddress(sent.name, sent.city, sent.province, sent.country_code, sent.phone)


def number(gid: str) -> str:
    """gid://shopify/Order/820982911946154508 -> 820982911946154508. Raises ValueError for anything else."""
    kind, _, number = gid.rpartition("/")
    if not kind.startswith("gid://shopify/") or not number.isascii() or not number.isdigit():
        raise ValueError(f"admin_graphql_api_id is {gid!r}, which is no global id")
    return number


def _id(named: Named | Buyer, kind: str) -> str:
    if named.admin_graphql_api_id is None and named.id is None:
        raise ValueError(f"a {kind} without an id")
    return named.admin_graphql_api_id or f"gid://shopify/{kind}/{named.id}"


def _linked(number: int | None) -> contract.Linked | None:
    return None if number is None else contract.Linked(str(number))


def _bag(amount: Amount) -> MoneyBag:
    return MoneyBag(contract.Money(amount.shop_money.amount, amount.shop_money.currency_code))


def _optional_bag(amount: Amount | None) -> MoneyBag | None:
    return None if amount is None else _bag(amount)


def _upper(word: str | None) -> str | None:
    return None if word is None else word.upper()
