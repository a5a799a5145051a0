"""No table is forgotten: a text is planted in every table that the migrations make, and the sweep of an erasure takes it out."""

import psycopg

from sluice.rights.found import rows_found
from sluice.rights.known import Known
from sluice.rights.texts import sweep_texts
from tests.rights.planting import plant

MADE_OF_THE_LAKE = ("raw", "secrets")
"""Rows of raw are made anew from what the lake, quarantine and notifications became; those are planted into by test_erase."""


def test_a_text_in_any_table_loses_what_it_tells_even_where_history_is_kept(db: psycopg.Connection) -> None:
    planted, refused = plant(db, "ann.example@example.com", MADE_OF_THE_LAKE)
    # an edge joins two records in order, which no planted word keeps; where there are real ones its evidence bears it
    assert refused == {"customers.edges"}
    assert {"ops.stock_movements", "planning.quotas", "planning.forecasts", "ops.alerts"} <= planted
    swept = sweep_texts(db, r"ann\.example\@example\.com")
    assert set(swept) == planted
    assert not any(db.execute(f"select from {table} as t where t::text like '%%ann.example%%'").rowcount for table in planted)  # type: ignore[arg-type]


def test_where_something_was_found_is_told_by_the_keys_of_its_rows(db: psycopg.Connection) -> None:
    """But for a key that tells of them itself."""
    db.execute(
        "insert into ops.alerts (scope, problem_key, severity, title, detail)"
        " select 's', 'p' || n, 'warning', 't', 'ask Ann.Example@example.com' from generate_series(1, 9) as n"
    )
    db.execute("create table ops.guests (name text primary key)")
    db.execute("insert into ops.guests values ('ann.example@example.com'), ('ben')")
    known = Known()
    known.add([("email", "ann.example@example.com")])
    assert rows_found(db, known, ["lake", "table ops.alerts", "table ops.guests"]) == [
        *(("ops.alerts", f"alert_id: {number}") for number in (1, 2, 3)),
        ("ops.guests", "the key itself"),
    ]
    assert rows_found(db, known, []) == rows_found(db, Known(), ["table ops.alerts"]) == []
