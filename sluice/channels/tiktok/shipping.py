"""Parcels to TikTok Shop, for orders that the seller ships.

Where the platform made the package before it leaves, the package is shipped; where it has none yet (United States, United
Kingdom), the order's pieces are marked as shipped. A parcel whose number the order shows already has been told.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.tiktok.contract import LineItem, Order, listing
from sluice.channels.tiktok.gateway import Gateway

LEFT = {"IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED"}


class _Provider(Struct):
    id: str
    name: str = ""


class _Providers(Struct):
    shipping_providers: list[_Provider] = []


class _ProvidersAnswer(Struct):
    data: _Providers | None = None


def ship(gateway: Gateway, carriers: Mapping[str, str], dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """Tell of every parcel. `carriers` is the platform's id by our carrier's name. Raises Refused."""
    known: dict[str, dict[str, str]] = {}
    for dispatch in dispatches:
        try:
            yield _ship(gateway, carriers, dispatch, known)
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _ship(gateway: Gateway, carriers: Mapping[str, str], dispatch: Dispatch, known: dict[str, dict[str, str]]) -> Answer:
    order = _order(gateway, dispatch.order_id)
    if told := _told(order, dispatch):
        return Answer(dispatch.dispatch_id, True, "told before", told)
    if order.shipping_type == "TIKTOK":
        said = "TikTok Shop ships this order itself and gives the tracking number: arrange it in Seller Center"
        return Answer(dispatch.dispatch_id, False, said)
    provider = _provider(gateway, carriers, dispatch, order, known)
    items = chosen(order, dispatch.lines)
    _tell(gateway, order, items, dispatch.tracking_number, provider)
    return Answer(dispatch.dispatch_id, True, "shipped", _told(_order(gateway, order.id), dispatch))


def _tell(gateway: Gateway, order: Order, items: Sequence[LineItem], number: str, provider: str) -> None:
    packages = {item.package_id for item in items if item.package_id}
    if not packages:
        ids = [item.id for item in items]
        asked = {"order_line_item_ids": ids, "tracking_number": number, "shipping_provider_id": provider}
        gateway.search(f"/fulfillment/202309/orders/{order.id}/packages", asked)
        return
    whole = {item.id for item in order.line_items if item.package_id in packages and item.display_status not in LEFT}
    if len(packages) > 1 or whole != {item.id for item in items}:
        raise ChannelError("the parcel is not what TikTok Shop holds as one package: split or combine it in Seller Center first")
    asked_for = {"self_shipment": {"tracking_number": number, "shipping_provider_id": provider}}
    gateway.search(f"/fulfillment/202309/packages/{packages.pop()}/ship", asked_for)


def chosen(order: Order, lines: Mapping[str, int]) -> list[LineItem]:
    """The pieces that leave: as many of each line as were named, all that is left where none is. Raises ChannelError."""
    left = [item for item in order.line_items if item.display_status not in LEFT and not item.tracking_number]
    if not lines:
        if not left:
            raise ChannelError("nothing of the order is left to ship")
        return left
    found: list[LineItem] = []
    for line_id, pieces in lines.items():
        alike = [item for item in left if line(order, item) == line_id]
        if len(alike) < pieces:
            raise ChannelError(f"only {len(alike)} of {pieces} pieces of line {line_id} are left to ship")
        found += alike[:pieces]
    return found


def line(order: Order, item: LineItem) -> str:
    """Our line of a piece: the first id among pieces of one sku at one price, as staging has it."""
    alike = (item.sku_id, bool(item.is_gift), item.original_price)
    return min(one.id for one in order.line_items if (one.sku_id, bool(one.is_gift), one.original_price) == alike)


def _told(order: Order, dispatch: Dispatch) -> int:
    """Pieces that the order shows under the parcel's number."""
    return sum(item.quantity for item in order.line_items if item.tracking_number == dispatch.tracking_number)


def _order(gateway: Gateway, order_id: str) -> Order:
    records = listing(gateway.get("/order/202309/orders", ids=order_id)).records
    if not records:
        raise ChannelError(f"TikTok Shop has no order {order_id}")
    return msgspec.json.decode(records[0], type=Order)


def _provider(
    gateway: Gateway, carriers: Mapping[str, str], dispatch: Dispatch, order: Order, known: dict[str, dict[str, str]]
) -> str:
    if dispatch.carrier in carriers:
        return carriers[dispatch.carrier]
    option = order.delivery_option_id or ""
    if option not in known:
        body = gateway.get(f"/logistics/202309/delivery_options/{option}/shipping_providers") if option else b"{}"
        found = msgspec.json.decode(body, type=_ProvidersAnswer).data or _Providers()
        known[option] = {one.name.casefold(): one.id for one in found.shipping_providers}
    provider = known[option].get(dispatch.carrier.casefold())
    if provider is None:
        names = ", ".join(sorted(known[option])) or "none"
        raise ChannelError(
            f"TikTok Shop knows no carrier {dispatch.carrier} here: name it by the option carriers. It has: {names}"
        )
    return provider
