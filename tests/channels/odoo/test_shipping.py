"""Parcels told to Odoo, whole and in parts, to versions whose fields differ; what is refused changes nothing that leaves."""

from typing import Any

import pytest

from sluice.channels.odoo.connector import CONNECTOR
from sluice.channels.protocol import Answer, Dispatch
from tests.channels.odoo.company import Company
from tests.channels.odoo.server import NOON, connection
from tests.channels.odoo.warehouse import BULBS, LINE, ORDER, WAITS, waiting


def tell(
    url: str,
    number: str,
    lines: dict[int, int] | None = None,
    order: Any = ORDER,
    carrier: str = "DHL",
    protocol: str = "jsonrpc",
) -> Answer:
    wanted = {str(line): pieces for line, pieces in (lines or {}).items()}
    parcel = Dispatch(f"{order}/{number}", str(order), carrier, number, NOON, wanted)
    options = {"protocol": protocol}
    (answer,) = CONNECTOR.open(connection(url, options=options)).ship([parcel])  # type: ignore[attr-defined]
    assert isinstance(answer, Answer)
    assert answer.decision_id == parcel.dispatch_id
    return answer


def left(odoo: Company, picking: int) -> dict[int, float]:
    """Pieces of a transfer by the order's line."""
    moves = odoo.models["stock.move"].values()
    return {move["sale_line_id"]: move["product_qty"] for move in moves if move["picking_id"] == picking}


def transfers(odoo: Company) -> list[tuple[Any, ...]]:
    pickings = [one for one in odoo.models["stock.picking"].values() if one["sale_id"] == ORDER and one["id"] >= WAITS]
    return [(one["state"], one["carrier_tracking_ref"], one["carrier_id"]) for one in pickings]


@pytest.mark.parametrize(("version", "protocol"), [(15, "jsonrpc"), (16, "jsonrpc"), (17, "jsonrpc"), (17, "json2")])
def test_an_order_leaves_once(version: int, protocol: str) -> None:
    odoo = waiting(version)
    odoo.knows_json2 = True
    with odoo.serving() as url:
        assert tell(url, "T7", protocol=protocol).message == "sent"
        assert transfers(odoo) == [("done", "T7", 1)]
        writes = len([method for _, method, _ in odoo.asked if method in ("write", "button_validate")])
        assert tell(url, "T7", protocol=protocol).message == "known already"
        assert len([method for _, method, _ in odoo.asked if method in ("write", "button_validate")]) == writes
        assert (tell(url, "T8").accepted, tell(url, "T8").message) == (False, "nothing of the order is left to be sent")


@pytest.mark.parametrize("version", [15, 16, 17])
def test_parts_leave_in_parcels_of_their_own(version: int) -> None:
    odoo = waiting(version)
    with odoo.serving() as url:
        assert tell(url, "T7", {LINE: 1, BULBS: 2}).message == "sent"
        assert tell(url, "T7", {LINE: 1, BULBS: 2}).message == "known already"
        assert transfers(odoo) == [("done", "T7", 1), ("assigned", False, 1)]
        assert left(odoo, WAITS) == {LINE: 1, BULBS: 2}
        assert tell(url, "T8", {BULBS: 3}).message == "sent"
        assert not tell(url, "T9", {BULBS: 1}).accepted
        assert tell(url, "T9").message == "sent"
    assert [number for _, number, _ in transfers(odoo)] == ["T7", "T8", "T9"]
    assert {state for state, _, _ in transfers(odoo)} == {"done"}


def test_a_carrier_that_odoo_does_not_know_is_left_out() -> None:
    odoo = waiting()
    with odoo.serving() as url:
        assert tell(url, "T7", carrier="Pigeon").message == "sent"
    assert transfers(odoo) == [("done", "T7", False)]


@pytest.mark.parametrize(
    ("order", "lines", "words"),
    [
        (ORDER, {LINE: 3}, "not as many pieces"),
        (ORDER, {1: 1}, "not as many pieces"),
        (7, {}, "only one that is confirmed"),
        (4, {}, "only one that is confirmed"),
        (99, {}, "no order 99"),
        ("S00002", {}, "no id of an order"),
    ],
)
def test_what_cannot_be_sent_is_said_and_changes_nothing(order: Any, lines: dict[int, int], words: str) -> None:
    odoo = waiting()
    with odoo.serving() as url:
        answer = tell(url, "T7", lines, order)
    assert not answer.accepted
    assert words in answer.message
    assert transfers(odoo) == [("assigned", False, False)]


def test_what_is_not_reserved_does_not_leave() -> None:
    odoo = waiting(reserved=1.0)
    with odoo.serving() as url:
        answer = tell(url, "T7")
        assert not answer.accepted
        assert "Nothing to check the availability for" in answer.message
        assert transfers(odoo) == [("assigned", False, False)]
        assert tell(url, "T7", {LINE: 1}).message == "sent"


def test_a_kit_leaves_as_a_whole() -> None:
    odoo = waiting()
    odoo.put("sale.order.line", LINE, product_id=2)
    with odoo.serving() as url:
        assert "is a kit" in tell(url, "T7", {LINE: 1}).message
        assert tell(url, "T7").message == "sent"


def test_without_a_field_for_numbers_an_order_leaves_as_a_whole() -> None:
    odoo = waiting(tracked=False)
    with odoo.serving() as url:
        assert "no field for tracking numbers" in tell(url, "T7", {LINE: 1}).message
        assert "keeps no tracking number" in tell(url, "T7").message
        assert tell(url, "T7").message == "all of it has left already"


def test_a_wizard_that_is_not_known_is_named_and_the_parcel_told_again() -> None:
    odoo = waiting()
    known = odoo.methods
    odoo.methods = {**known, "button_validate": lambda *_: {"res_model": "expiry.picking.confirmation", "name": "Confirmation"}}
    with odoo.serving() as url:
        answer = tell(url, "T7")
        assert not answer.accepted
        assert "it asks first: Confirmation" in answer.message
        odoo.methods = known
        assert tell(url, "T7").message == "sent"
    assert transfers(odoo) == [("done", "T7", 1)]
