"""Times, days and the ids that several models refer to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sluice.sandbox.seasons import START

SET_UP = START - timedelta(days=40)
"""When the company filled in its master data."""
ZONE = ZoneInfo("Asia/Shanghai")
COMPANY, UNIT, GRAM = 1, 1, 3
CURRENCIES = {"CNY": 1, "USD": 2}
Record = dict[str, Any]


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def stamps(created: datetime, changed: datetime | None) -> Record:
    """With microseconds, the same for all that one transaction wrote; null until the first change."""

    def stamp(moment: datetime) -> datetime:
        return utc(moment).replace(microsecond=int(moment.timestamp()) * 7_919 % 1_000_000)

    return {"create_date": stamp(created), "write_date": stamp(changed) if changed else None}


def day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
