"""The cursor moves only when the database holds what was delivered. The losses here are made by triggers in the database."""

import psycopg
import pytest

from sluice.landing.land import land
from sluice.landing.proof import LandingMismatch
from tests.landing.state import one
from tests.landing.toy import CONNECTION, ORDERS, order, page, toy

LOSE = """
create function lose() returns trigger language plpgsql as $$
begin
    {body}
end $$;
create trigger lose {when} on {table} for each row execute function lose();
"""


def sabotage(db: psycopg.Connection, table: str, when: str, body: str) -> None:
    db.execute(LOSE.format(table=table, when=when, body=body))
    db.commit()


def orders_of(*numbers: int, version: int = 0) -> dict[str, list[object]]:
    return {"orders": [page([order(number, version) for number in numbers], at=version, cursor=version + 1)]}


LOSSES = {
    "a record that never arrives": ("raw.toy_orders", "before insert", "if new.id = '2' then return null; end if; return new;"),
    "a record that does not stay": (
        "raw.toy_orders",
        "after insert",
        "delete from raw.toy_orders where id = '2'; return null;",
    ),
    "a record under another key": (
        "raw.toy_orders",
        "before insert",
        "if new.id = '2' then new.id = '20'; end if; return new;",
    ),
    "a broken record that quarantine drops": ("raw.quarantine", "before insert", "return null;"),
    "a line that never arrives": (
        "raw.toy_orders__line_items",
        "before insert",
        "if new.id = '21' then return null; end if; return new;",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("guard", [True, False])
def test_a_loss_is_caught_with_the_proof_and_passes_without(raw: psycopg.Connection, loss: str, guard: bool) -> None:
    sabotage(raw, *LOSSES[loss])
    served = {"orders": [page([order(1), order(2), order(3), order(4, paid="perhaps")], cursor=1)]}
    if not guard:
        land(raw, toy(served), CONNECTION, ORDERS, guard=False)
        assert one(raw, "select cursor from raw.cursors") == {"next": 1}
        return
    with pytest.raises(LandingMismatch, match="The cursor has not moved"):
        land(raw, toy(served), CONNECTION, ORDERS)
    for table in ("toy_orders", "toy_orders__line_items", "cursors", "manifest", "quarantine"):
        assert one(raw, f"select count(*) from raw.{table}") == 0


def test_a_change_that_is_lost_is_caught(raw: psycopg.Connection) -> None:
    land(raw, toy(orders_of(1, 2)), CONNECTION, ORDERS)
    sabotage(raw, "raw.toy_orders", "before insert", "if new.id = '2' then new._digest = 'older'; end if; return new;")
    with pytest.raises(LandingMismatch, match="rows in delivered form: 1 held, 2 delivered"):
        land(raw, toy({"orders": [page([]), *orders_of(1, 2, version=1)["orders"]]}), CONNECTION, ORDERS)


def test_after_the_fault_is_mended_the_same_pages_land(raw: psycopg.Connection) -> None:
    sabotage(raw, *LOSSES["a record that never arrives"])
    with pytest.raises(LandingMismatch):
        land(raw, toy(orders_of(1, 2)), CONNECTION, ORDERS)
    raw.execute("drop trigger lose on raw.toy_orders")
    assert land(raw, toy(orders_of(1, 2)), CONNECTION, ORDERS).new == 2
