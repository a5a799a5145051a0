"""The day that planning looks from."""

from datetime import UTC, date, datetime, timedelta

from psycopg import Connection

from sluice.planning_policy import Planning


def first_day_unknown(db: Connection, policy: Planning) -> date:
    """The first day the plan does not know yet: the day after the newest demand for `last_order`."""
    if isinstance(policy.as_of, date):
        return policy.as_of
    today = datetime.now(UTC).date()
    if policy.as_of == "today":
        return today
    row = db.execute("select max(demand_date) from marts.demand_daily").fetchone()
    return row[0] + timedelta(days=1) if row and row[0] else today
