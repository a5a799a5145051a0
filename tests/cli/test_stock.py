"""`sluice stock` and `sluice explain stock` on a ledger in which things happened."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from sluice import warehouse
from sluice.cli.faults import said
from sluice.cli.main import app
from tests.cli.command import user
from tests.operations.small import Small


@pytest.fixture
def it(database_url: str) -> Iterator[Small]:
    with warehouse.connect(database_url) as db:
        small = Small(db)
        small.count({("WH", "A"): 40, ("ST", "A"): 10, ("WH", "B"): 30, ("ST", "B"): 5}, ago=timedelta(hours=2))
        small.order("taobao/flagship/T1", "WH", "A", 3)
        yield small


class Terminal:
    """Commands in this process. `fault` is the message that the user would see instead of a traceback."""

    def __init__(self, url: str) -> None:
        self.environment = {"SLUICE_DATABASE_URL": url, "COLUMNS": "220"}
        self.code = 0
        self.fault: str | None = None

    def __call__(self, *command: str) -> str:
        done = CliRunner().invoke(app, list(command), env=self.environment)
        self.code, self.fault = done.exit_code, None
        if done.exception and not isinstance(done.exception, SystemExit):
            assert isinstance(done.exception, Exception)
            self.fault = said(done.exception)
            assert self.fault is not None, done.exception
        return done.stdout

    def json(self, *command: str) -> Any:
        return json.loads(self(*command, "--json"))


@pytest.fixture
def sluice(it: Small, database_url: str) -> Terminal:
    return Terminal(database_url)


def on_hand(it: Small, facility: str, sku: str) -> int:
    row = it.db.execute("select on_hand from ops.stock_positions where (facility_id, sku) = (%s, %s)", (facility, sku)).fetchone()
    it.db.commit()
    assert row
    return int(row[0])


def test_show(sluice: Terminal, it: Small) -> None:
    it.order("shopify/main/P1", "WH", "A", 4, presale=True)
    it.buy("PO1", "WH", "A", 9)
    found = sluice.json("stock", "show", "A")
    at_wh = {one["facility_id"]: one for one in found["facilities"]}["WH"]
    names = ("on_hand", "committed", "presale_promised", "available", "is_known", "incoming_quantity")
    assert [at_wh[name] for name in names] == [40, 3, 4, 37, True, 9]
    assert [(one["po_id"], one["order_id"], one["quantity"]) for one in found["presales"]] == [("PO1", "P1", 4)]
    told = sluice("stock", "show", "A")
    assert "PO1/1" in told
    assert "shopify/main P1" in told
    assert sluice("stock", "show", "SET").startswith("SET is a bundle of 2 x A, 1 x B")
    sluice("stock", "show", "NOPE")
    assert sluice.fault == "the ledger has never seen the SKU NOPE"


def test_adjust_books_once_a_key(sluice: Terminal, it: Small) -> None:
    book = ("stock", "adjust", "A", "--facility", "WH", "--pieces", "-2", "--reference", "broken", "--key", "doc-7")
    first, again = sluice.json(*book), sluice.json(*book)
    assert (first["is_repeated"], again["is_repeated"]) == (False, True)
    assert first["movements"] == again["movements"]
    assert on_hand(it, "WH", "A") == 38
    assert "Key " in sluice("stock", "adjust", "A", "--facility", "WH", "--pieces", "1")
    assert on_hand(it, "WH", "A") == 39


def test_what_the_count_knows_of_is_on_record_and_adds_nothing(sluice: Terminal, it: Small) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=5)).isoformat()
    told = sluice("stock", "adjust", "A", "--facility", "WH", "--pieces", "5", "--receipt", "--at", long_ago)
    assert "the count knows of it" in told
    assert on_hand(it, "WH", "A") == 40


def test_transfer_moves_what_is_free_and_no_more(sluice: Terminal, it: Small) -> None:
    sluice("stock", "transfer", "A", "--from", "WH", "--to", "ST", "--pieces", "37")
    assert (on_hand(it, "WH", "A"), on_hand(it, "ST", "A")) == (3, 47)
    sluice("stock", "transfer", "A", "--from", "WH", "--to", "ST", "--pieces", "1")
    assert sluice.fault == "only 0 pieces of A are free at WH, not 1"
    assert (on_hand(it, "WH", "A"), on_hand(it, "ST", "A")) == (3, 47)


def test_return_takes_back_what_left_and_no_more(sluice: Terminal, it: Small) -> None:
    it.order("taobao/flagship/T1", "WH", "A", 0, shipped=3)
    back = ("stock", "return", "taobao/flagship", "T1", "1", "A")
    told = sluice(*back, "--pieces", "2", "--disposition", "quarantine")
    assert "in quarantine +2" in told
    assert on_hand(it, "WH", "A") == 37
    sluice(*back)
    assert on_hand(it, "WH", "A") == 38
    sluice(*back)
    assert sluice.fault == "1 pieces can't come back: 3 were shipped, 3 came back"
    sluice("stock", "return", "taobao/flagship", "T9", "1", "A")
    assert sluice.fault is not None
    assert sluice.fault.startswith("the ledger has no line 1 of order taobao/flagship/T9")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("adjust", "A", "--facility", "WX", "--pieces", "1"), "there is no facility WX; there are ST, WH"),
        (("adjust", "AA", "--facility", "WH", "--pieces", "1"), "no channel, ERP or booking knows the SKU AA"),
        (("adjust", "A", "--facility", "WH", "--pieces", "0"), "a receipt is above 0, an adjustment not 0"),
        (("adjust", "A", "--facility", "WH", "--pieces", "1", "--at", "noon"), "'noon' is no time; write it as"),
        (
            ("transfer", "A", "--from", "WH", "--to", "WH", "--pieces", "1"),
            "a transfer moves pieces from one facility to another",
        ),
        (("return", "taobao", "T1", "1", "A"), "'taobao' names no shop"),
        (("movements", "A", "--facility", "HK"), "A was never at HK, but at ST, WH"),
    ],
)
def test_a_slip_of_the_pen_is_told(sluice: Terminal, command: Sequence[str], told: str) -> None:
    sluice("stock", *command)
    assert sluice.fault is not None
    assert sluice.fault.startswith(told)


def test_movements_are_the_items_ledger(sluice: Terminal, it: Small) -> None:
    it.order("taobao/flagship/T1", "WH", "A", 0, shipped=3)
    rows = sluice.json("stock", "movements", "A", "--facility", "WH")
    assert [(row["kind"], row["on_hand"], row["committed"]) for row in rows] == [
        ("ship", -3, -3), ("reserve", 0, 3), ("snapshot", 40, 0)]  # fmt: skip
    assert len(sluice.json("stock", "movements", "A", "--limit", "2")) == 2
    assert "taobao/flagship T1 line 1" in sluice("stock", "movements", "A")


def test_oversells_name_the_youngest_orders(sluice: Terminal, it: Small) -> None:
    assert "Nothing is oversold." in sluice("stock", "oversells")
    it.order("shopify/main/S1", "ST", "A", 8)
    it.order("taobao/flagship/T2", "ST", "A", 4)
    found = sluice.json("stock", "oversells")
    assert [(one["facility_id"], one["sku"], one["pieces"]) for one in found] == [("ST", "A", 2)]
    assert [(one["order_id"], one["pieces"]) for one in found[0]["orders"]] == [("T2", 2)]
    assert "taobao/flagship T2 (2)" in sluice("stock", "oversells")


def test_presales_and_those_whose_date_slipped(sluice: Terminal, it: Small) -> None:
    it.buy("PO1", "WH", "A", 5, expected="2026-12-01")
    it.order("shopify/main/P1", "WH", "A", 4, presale=True)
    it.order("shopify/main/P2", "WH", "A", 3, presale=True)
    before = datetime.now(UTC).isoformat()
    found = sluice.json("stock", "presales")
    assert [(one["order_id"], one["po_id"], one["quantity"]) for one in found] == [
        ("P1", "PO1", 4),
        ("P2", "PO1", 1),
        ("P2", None, 2),
    ]
    assert "none on its way" in sluice("stock", "presales")
    assert "No promise" in sluice("stock", "presales", "--changed-since", before)
    it.buy("PO1", "WH", "A", 5, expected="2027-01-20")
    changed = sluice.json("stock", "presales", "--changed-since", before)
    assert [(one["order_id"], one["new_promised_at"][:10]) for one in changed] == [("P1", "2027-01-20")]


def test_holds(sluice: Terminal, it: Small) -> None:
    assert "No hold" in sluice("stock", "holds")
    it.hold("cart-1", "SET", 2)
    found = sluice.json("stock", "holds", "--sku", "B")
    assert [(one["hold_id"], one["state"]) for one in found] == [("cart-1", "held")]
    assert "4 A at WH, 2 B at WH" in sluice("stock", "holds")
    it.db.execute("select ops.release_hold('cart-1')")
    it.db.commit()
    assert sluice.json("stock", "holds") == []
    assert [one["state"] for one in sluice.json("stock", "holds", "--all")] == ["released"]


def test_verify_finds_no_difference_and_finds_one(sluice: Terminal, it: Small) -> None:
    assert sluice("stock", "verify").startswith("No difference: 4 items are the sum of 5 movements")
    assert sluice.code == 0
    it.db.execute("update ops.stock_positions set on_hand = on_hand + 1 where sku = 'B' and facility_id = 'WH'")
    it.db.execute("update ops.commitments set quantity = 2")
    it.db.commit()
    found = sluice.json("stock", "verify")
    assert sluice.code == 1
    told = {(one["what"], one["sku"], one["kept"], one["recomputed"]) for one in found["differences"]}
    assert told == {("on hand, by its movements", "B", 31, 30), ("committed, by order lines", "A", 3, 2)}
    assert "2 differences" in sluice("stock", "verify")


def test_explain_tells_a_planner_why(sluice: Terminal, it: Small) -> None:
    it.plan()
    told = sluice("explain", "stock", "A", "--channel", "shopify/main", "--facility", "WH")
    assert sluice.code == 0
    for words in (
        "of A at WH told to shopify/main",
        "counted 40",
        "taobao/flagship T1 line 1",
        "level 0.9 (ABC class A)",
        "rule: priority 1",
    ):
        assert words in told
    found = sluice.json("explain", "stock", "A", "--channel", "shopify/main", "--facility", "WH")[0]
    assert sum(term["pieces"] for term in found["places"][0]["item"]["terms"]) == found["number"]
    assert found["adds_up"]
    bundle = sluice("explain", "stock", "SET", "--channel", "taobao/flagship")
    assert "bundles, the least of" in bundle
    sluice("explain", "stock", "A", "--channel", "shopify/main", "--at", "2020-01-01")
    assert sluice.fault == "shopify/main had taken no number for A by then"
    sluice("explain", "stock", "A")
    assert sluice.code == 2


def test_explain_all_passes_and_fails(sluice: Terminal, it: Small) -> None:
    it.plan()
    told = sluice("explain", "stock", "--all")
    assert (sluice.code, "Every one adds up." in told) == (0, True)
    it.db.execute("set session_replication_role = replica")
    it.db.execute("update ops.outbox set quantity = quantity + 1 where sku = 'A' and facility_id = 'WH'")
    it.db.commit()
    told = sluice("explain", "stock", "--all")
    assert (sluice.code, "1 differ" in told, "number, of the quotas in force" in told) == (1, True, True)
    assert len(sluice.json("explain", "stock", "--all")["differences"]) == 1
    sluice("explain", "stock", "A", "--channel", "shopify/main", "--facility", "WH")
    assert sluice.code == 1


def test_before_the_first_run_there_is_no_ledger(tmp_path: Path) -> None:
    """As a user meets it: one message, exit code 2, and no server was made for the look."""
    someone = user(tmp_path, 100)
    done = someone.sluice("stock", "show", "A")
    assert (done.code, done.out) == (2, "")
    assert done.err == "sluice: there is no stock ledger yet: `sluice run` lands orders and stock first\n"
    assert not someone.home.exists()


def test_a_booking_that_is_refused_is_one_message(it: Small, database_url: str, tmp_path: Path) -> None:
    done = user(tmp_path, 100, database_url).sluice("stock", "transfer", "A", "--from", "ST", "--to", "WH", "--pieces", "11")
    assert (done.code, done.out, done.err) == (2, "", "sluice: only 10 pieces of A are free at ST, not 11\n")


def test_keys_of_a_warehouse_that_is_not_prepared(postgres: warehouse.Embedded, tmp_path: Path) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("create database unprepared")
    done = user(tmp_path, 100, postgres.url("unprepared")).sluice("keys", "list")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("drop database unprepared with (force)")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("sluice: the warehouse is not prepared for this yet: `sluice run` or `sluice up` does it")
    assert "ops.api_keys" in done.err


def test_a_key_may_hold_stock_where_it_is_told_so(sluice: Terminal) -> None:
    sluice("keys", "create", "checkout", "--holds")
    sluice("keys", "create", "checkout")
    assert sluice.fault == "there is a key called 'checkout'; revoke it first, or choose another name"
    sluice("keys", "create", "reader", "--pii")
    assert [(one["name"], one["scopes"]) for one in sluice.json("keys", "list")] == [("checkout", ["holds"]), ("reader", ["pii"])]


def test_faults_that_are_ours_keep_their_traceback(it: Small) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as broken:
        it.db.execute("update ops.stock_positions set committed = -1")
    assert said(broken.value) is None
    assert said(KeyError("sku")) is None
    assert said(psycopg.errors.UndefinedColumn("column x does not exist")) is None
    assert said(psycopg.errors.UndefinedFunction("operator does not exist: text = integer")) is None
