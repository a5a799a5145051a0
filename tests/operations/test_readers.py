"""What reads the unified views for absorbing: a copy for each channel, which touches that channel's tables only."""

from pathlib import Path

import psycopg

from tests.operations.shop import company

READER = """
create or replace function ops.read_note(p_channel text) returns text language plpgsql stable as $$
begin
    return {} || p_channel;
end $$
"""


def copy(db: psycopg.Connection, channel: str) -> str:
    found = db.execute("select ops.of_channel('ops.read_note(text)', %s)", (channel,)).fetchone()
    assert found is not None
    return str(found[0])


def said(db: psycopg.Connection, channel: str) -> object:
    found = db.execute(f"select {copy(db, channel)}('never asked for')".encode()).fetchone()
    assert found is not None
    return found[0]


def test_each_channel_has_a_copy_with_its_name_written_in(db: psycopg.Connection) -> None:
    db.execute(READER.format("'a '").encode())
    assert [said(db, channel) for channel in ("shopify", "it's", 'x"; --', "shopify")] == [
        "a shopify",
        "a it's",
        'a x"; --',
        "a shopify",
    ]


def test_a_reader_that_was_changed_is_copied_anew(db: psycopg.Connection) -> None:
    db.execute(READER.format("'a '").encode())
    before = copy(db, "shopify")
    db.execute(READER.format("'b '").encode())
    assert copy(db, "shopify") != before
    assert said(db, "shopify") == "b shopify"


def test_a_channels_orders_are_read_without_the_other_channels_tables(prepared_url: str, home: Path) -> None:
    """Else every channel that is connected would make each webhook of the others slower."""
    with company(prepared_url) as shop:
        shop.land()
        shop.db.commit()
        shop.db.execute("load 'auto_explain'")
        for name, value in {"log_min_duration": 0, "log_nested_statements": "on", "log_level": "notice"}.items():
            shop.db.execute(f"set auto_explain.{name} = {value}".encode())
        plans: list[str] = []
        shop.db.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        order = shop.db.execute("select shop, order_id from unified.orders where channel = 'shopify' limit 1").fetchone()
        assert order is not None
        plans.clear()
        shop.db.execute("select ops.absorb_orders('shopify', %s, array[%s])", order)
    read = [plan for plan in plans if "shopify_orders" in plan.partition("plan:")[2].partition("(cost")[2]]
    assert read
    assert not [plan for plan in plans if "taobao_trades" in plan or "file_orders" in plan]
