"""The account's transactions (finances 2024-06-19)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from sluice.sandbox.amazon import transactions
from sluice.sandbox.amazon.account import CHANNEL, LAG, Account
from sluice.sandbox.amazon.asked import Query, invalid, known, moment, words
from sluice.sandbox.amazon.pages import Pages
from sluice.sandbox.amazon.records import MARKETPLACE, Record

TOLD = 100
"""Transactions a page."""
LONGEST = timedelta(days=180)
"""Amazon tells of none over a longer time."""
TRANSACTIONS = words("postedAfter postedBefore marketplaceId nextToken")
"""Of the list of transactions: those that the sandbox heeds."""


class Finances:
    """What an account was paid and gave back."""

    def __init__(self, account: Account) -> None:
        self.account, self.state, self.pages = account, account.state, Pages(account.state)

    def search(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, TRANSACTIONS)
        if "postedAfter" not in query:
            raise invalid("Start date cannot be null")
        latest = self.state.now - LAG
        after, before = moment(query["postedAfter"]), moment(query.get("postedBefore", latest.isoformat()))
        if after >= latest or not after < before <= latest:
            raise invalid("postedBefore must be later than postedAfter, and both two minutes before now")
        if before - after > LONGEST or query.get("marketplaceId", MARKETPLACE) != MARKETPLACE:
            return {"payload": {"transactions": []}}
        view = self.account.view
        told = self.state.cached((CHANNEL, "transactions"), lambda: transactions.shown(view))
        found = told.filter(pl.col("posted_at").dt.truncate("1s").is_between(after, before, closed="left"))
        pinned = {name: value for name, value in query.items() if name != "nextToken"}
        start = self.pages.kept(query["nextToken"], pinned)["start"] if "nextToken" in query else 0
        released = set(told.filter("is_release")["refund_id"])
        rows = found.slice(start, TOLD).to_dicts()
        chosen = view.orders.filter(pl.col("order_id").is_in([row["order_id"] for row in rows]))
        orders = {one["order_id"]: one for one in view.documents(chosen)}
        titles = dict(zip(self.account.shown["sku"], self.account.shown["title"], strict=True))
        payload: Record = {
            "transactions": [
                transactions.transaction(row, orders[row["order_id"]], titles, row["refund_id"] in released) for row in rows
            ]
        }
        if start + TOLD < len(found):
            payload["nextToken"] = self.pages.token({"start": start + TOLD}, pinned)
        return {"payload": payload}
