"""The planning tables keep what a finished run said, and refuse a row that does not add up."""

import psycopg
import pytest

ITEM = "insert into planning.stock_plan values (%s, 'WH', %s, 10, 1, 2, 3, 3, 1, 0)"
QUOTA = "insert into planning.quotas values (%s, 'WH', 'X', 'own', 'main', 3, 4, 'because')"


def new_run(db: psycopg.Connection) -> int:
    row = db.execute("insert into planning.runs (as_of, policy) values ('2026-03-31', '{}') returning run_id").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def finished(db: psycopg.Connection) -> int:
    run = new_run(db)
    db.execute(ITEM, [run, "X"])
    db.execute(QUOTA, [run])
    db.execute("update planning.runs set finished_at = now() where run_id = %s", [run])
    db.commit()
    return run


@pytest.mark.parametrize(
    "statement",
    [
        "update planning.quotas set published = 9",
        "delete from planning.quotas",
        "update planning.stock_plan set sku = 'Y'",
        "delete from planning.stock_plan",
        "update planning.runs set policy = '[]'",
        "delete from planning.runs",
        "truncate planning.quotas",
    ],
)
def test_a_finished_run_stays_as_it_is(db: psycopg.Connection, finished: int, statement: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.execute(statement)
    db.rollback()
    assert db.execute("select run_id, quota, published from planning.quotas").fetchall() == [(finished, 3, 4)]


def test_nothing_is_added_to_a_finished_run(db: psycopg.Connection, finished: int) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.execute(ITEM, [finished, "LATE"])


def test_a_run_that_failed_half_way_can_be_cleared(db: psycopg.Connection, finished: int) -> None:
    run = new_run(db)
    db.execute(ITEM, [run, "X"])
    db.execute("delete from planning.stock_plan where run_id = %s", [run])
    db.execute("delete from planning.runs where run_id = %s", [run])
    assert db.execute("select run_id from planning.runs").fetchall() == [(finished,)]


@pytest.mark.parametrize("numbers", ["10, 1, 2, 3, 3, 2, 0", "10, -1, 2, 3, 3, 3, 0", "10, 0, 5, 7, 0, 1, 3"])
def test_a_row_that_does_not_add_up_is_refused(db: psycopg.Connection, numbers: str) -> None:
    run = new_run(db)
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(f"insert into planning.stock_plan values ({run}, 'WH', 'X', {numbers})")
