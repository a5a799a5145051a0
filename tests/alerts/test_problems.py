"""A problem is told once when it appears and once when it is over, to each target, whatever fails in between."""

import threading
from collections.abc import Callable

import psycopg

from sluice import warehouse
from sluice.alerts.deliver import deliver
from sluice.alerts.problems import Problem, observe
from tests.alerts.receivers import TOKEN, receiving, wecom

LATE = Problem("late", "orders are late", "3 orders")
LOST = Problem("lost", "orders are lost", severity="warning")


def target(base: str) -> str:
    return f"wecom://{TOKEN}?base={base}"


def test_told_once_and_over_once(db: psycopg.Connection) -> None:
    with receiving(wecom) as chat:
        for _ in range(4):
            observe(db, [LATE], "checks")
            deliver(db, {"CHAT": target(chat.base)})
        assert len(chat.taken) == 1
        assert "orders are late" in chat.said()
        for _ in range(4):
            observe(db, [], "checks")
            deliver(db, {"CHAT": target(chat.base)})
        assert len(chat.taken) == 2
        assert "is over" in chat.said()
        observe(db, [LATE], "checks")
        deliver(db, {"CHAT": target(chat.base)})
        assert len(chat.taken) == 3


def test_observing_tells_what_changed(db: psycopg.Connection) -> None:
    first = observe(db, [LATE, LOST], "checks")
    assert (len(first.opened), first.closed) == (2, ())
    second = observe(db, [LOST], "checks")
    assert second.opened == ()
    assert len(second.closed) == 1
    assert set(second.closed) < set(first.opened)


def test_scopes_do_not_close_each_other(db: psycopg.Connection) -> None:
    observe(db, [LATE], "checks")
    observe(db, [], "runs")
    assert db.execute("select count(*) from ops.alerts where closed_at is null").fetchone() == (1,)


def test_problems_of_one_run_are_one_message(db: psycopg.Connection) -> None:
    with receiving(wecom) as chat:
        observe(db, [LATE, LOST], "checks")
        deliver(db, {"CHAT": target(chat.base)})
        assert len(chat.taken) == 1
        assert "2 new problems" in chat.said()
        observe(db, [LATE, Problem("third", "a third")], "checks")
        deliver(db, {"CHAT": target(chat.base)})
        assert "1 new problem, 1 over" in chat.said()


def both(work: Callable[[psycopg.Connection], object], url: str) -> None:
    """Do `work` in two connections at the same moment."""
    barrier = threading.Barrier(2)
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with warehouse.connect(url) as db:
                barrier.wait()
                work(db)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_concurrent_runs_tell_once(db: psycopg.Connection, database_url: str) -> None:
    problems = [Problem(f"p{number}", f"problem {number}") for number in range(20)]
    with receiving(wecom) as chat:

        def turn(now: list[Problem]) -> Callable[[psycopg.Connection], object]:
            return lambda db: (observe(db, now, "checks"), deliver(db, {"CHAT": target(chat.base)}))

        for _ in range(10):
            both(turn(problems), database_url)
            both(turn(problems[::-1]), database_url)
            both(turn([]), database_url)
        said = chat.said()
        for problem in problems:
            assert said.count(f"**{problem.title}** (since") == 10
            assert said.count(f"**{problem.title}** is over") == 10
    db.rollback()
    assert db.execute("select count(*), count(notified_at), count(resolved_notified_at) from ops.alerts").fetchone() == (
        200,
        200,
        200,
    )


def test_failed_delivery_is_kept_and_repeated(db: psycopg.Connection) -> None:
    with receiving(wecom) as good, receiving(wecom) as bad:
        targets = {"GOOD": target(good.base), "BAD": target(bad.base)}
        bad.faults = [(200, {"errcode": 45009, "errmsg": "api freq out of limit"})] * 2
        observe(db, [LATE], "checks")
        first = {delivery.target: delivery.error for delivery in deliver(db, targets)}
        assert first["GOOD"] is None
        assert "45009" in str(first["BAD"])
        assert db.execute("select notified_at from ops.alerts").fetchone() == (None,)
        deliver(db, targets)
        kept = db.execute("select attempts, last_error, delivered_at from ops.alert_deliveries where target = 'BAD'").fetchone()
        assert kept is not None
        assert (kept[0], kept[2]) == (2, None)
        assert "45009" in kept[1]
        deliver(db, targets)
        assert (len(good.taken), len(bad.taken)) == (1, 1)
        assert db.execute("select notified_at is not null from ops.alerts").fetchone() == (True,)


def test_over_before_the_chat_came_back_is_one_message(db: psycopg.Connection) -> None:
    with receiving(wecom) as chat:
        chat.faults = [(200, {"errcode": 45009, "errmsg": "api freq out of limit"})]
        observe(db, [LATE], "checks")
        deliver(db, {"CHAT": target(chat.base)})
        observe(db, [], "checks")
        for _ in range(3):
            deliver(db, {"CHAT": target(chat.base)})
        assert len(chat.taken) == 1
        assert "is over" in chat.said()


def test_new_target_hears_what_is_open_and_nothing_old(db: psycopg.Connection) -> None:
    observe(db, [LATE, LOST], "checks")
    observe(db, [LOST], "checks")
    db.execute("update ops.alerts set closed_at = now() - interval '3 days' where closed_at is not null")
    with receiving(wecom) as chat:
        deliver(db, {"NEW": target(chat.base)})
        assert len(chat.taken) == 1
        assert "orders are lost" in chat.said()
        assert "orders are late" not in chat.said()


def test_what_is_kept_holds_no_address(db: psycopg.Connection) -> None:
    with receiving(wecom) as chat:
        chat.faults = [(200, {"errcode": 93000, "errmsg": f"invalid webhook url {TOKEN}"})]
        observe(db, [LATE], "checks")
        deliver(db, {"CHAT": target(chat.base)})
    assert TOKEN not in str(db.execute("select * from ops.alert_deliveries").fetchall())
