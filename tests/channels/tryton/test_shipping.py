"""Parcels told to Tryton, led on from each state; `make acceptance` tells a running one of them, in parts too."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from sluice.channels.protocol import Answer, Dispatch
from sluice.channels.tryton.connector import CONNECTOR
from tests.channels.tryton.server import MUCH_LATER, answering, connection, said

LEADS = {"wait": "waiting", "assign_try": "assigned", "pick": "picked", "pack": "packed", "do": "done"}


@dataclass
class Shipment:
    """The one shipment of sale 8: three pieces of line 7. `fields` are those of shipments, `enough`: they can be assigned."""

    state: str = "waiting"
    fields: tuple[str, ...] = ("reference", "shipping_reference")
    picks: bool = True
    enough: bool = True
    values: dict[str, Any] = field(default_factory=lambda: {"reference": None, "shipping_reference": None})
    pressed: list[str] = field(default_factory=list)
    objects: str = ""

    def shown(self) -> dict[str, Any]:
        move = {"id": 20, "state": "draft", "origin": "sale.line,7", "quantity": 3.0, "internal_quantity": 3.0}
        within = [move | {"id": 21, "origin": "stock.move,20"}] if self.picks else []
        return {"id": 5, "number": "5", "state": self.state, "outgoing_moves.": [move], "inventory_moves.": within, **self.values}

    def script(self, path: str, call: dict[str, Any]) -> Response:
        method = call["method"].removeprefix("model.")
        model, _, name = method.rpartition(".")
        if method == "common.db.login":
            return said([6, "session", None])
        if name == "get_preferences":
            return said({"company": 1})
        if model == "carrier":
            return JSONResponse({"id": 1, "error": ["'carrier'", ""]})
        if name == "fields_get":
            return said({one: {} for one in ("id", "state", *self.fields)})
        if name == "search_read":
            sale = {"id": 8, "state": "processing", "shipments.": [self.shown()]}
            is_it = call["params"][0][0] == ["id", "=", 8]
            return said([self.shown()] if model == "stock.shipment.out" else [sale] if is_it else [])
        if name == "write":
            self.values |= call["params"][1]
            return said(None)
        if self.objects:
            return JSONResponse({"id": 1, "error": ["UserError", [self.objects, ""]]})
        self.pressed.append(name)
        self.state = LEADS[name] if name != "assign_try" or self.enough else self.state
        return said(None)


def tell(shipment: Shipment, number: str = "T1", order: str = "8", lines: dict[str, int] | None = None) -> Answer:
    with answering(shipment.script) as url:
        parcel = Dispatch(f"{order}/{number}", order, "DHL", number, MUCH_LATER, lines or {})
        (answer,) = CONNECTOR.open(connection(url)).ship([parcel])  # type: ignore[attr-defined]
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize(
    ("state", "picks", "pressed"),
    [
        ("draft", True, ["wait", "assign_try", "pick", "pack", "do"]),
        ("waiting", False, ["assign_try", "pack", "do"]),
        ("picked", True, ["pack", "do"]),
        ("shipped", True, ["do"]),
    ],
)
def test_a_shipment_is_led_on_from_where_it_is_and_once(state: str, picks: bool, pressed: list[str]) -> None:
    shipment = Shipment(state, picks=picks)
    assert tell(shipment).message == "sent"
    assert (shipment.pressed, shipment.values["shipping_reference"]) == (pressed, "T1")
    assert tell(shipment).message == "known already"
    assert (tell(shipment, "T2").accepted, shipment.pressed) == (False, pressed)


def test_without_the_module_the_number_is_the_reference() -> None:
    shipment = Shipment(fields=("reference",))
    tell(shipment)
    assert shipment.values == {"reference": "T1", "shipping_reference": None}


def test_with_too_little_in_stock_nothing_is_left_written() -> None:
    shipment = Shipment(enough=False)
    answer = tell(shipment)
    assert not answer.accepted
    assert "too little in stock" in answer.message
    assert (shipment.state, shipment.values["shipping_reference"]) == ("waiting", None)


def test_what_tryton_objects_to_is_said_in_its_words() -> None:
    shipment = Shipment(objects="The period is closed.")
    assert tell(shipment) == Answer("8/T1", False, "The period is closed.")
    assert shipment.values["shipping_reference"] is None


@pytest.mark.parametrize(
    ("order", "lines", "words"),
    [
        ("9", {}, "no sale 9"),
        ("S8", {}, "no id of a sale"),
        ("8", {"7": 4}, "not as many pieces"),
        ("8", {"7": 1}, "only as a whole"),
    ],
)
def test_what_cannot_be_sent_presses_no_button(order: str, lines: dict[str, int], words: str) -> None:
    shipment = Shipment("picked")
    answer = tell(shipment, order=order, lines=lines)
    assert not answer.accepted
    assert words in answer.message
    assert shipment.pressed == []
