"""A few records written without a pause: statements that wait for each other's answers cost more than what they do.

COPY is for thousands of rows; it can't be sent ahead of other statements. Here one statement removes from all of a stream's
tables and one writes to all of them, each planned once a connection, and both go out at once in a pipeline.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

from psycopg import RawCursor

from sluice.landing.decide import Accepted
from sluice.landing.delivery import LandingError
from sluice.landing.flatten import columns
from sluice.landing.names import quoted
from sluice.landing.shape import Table
from sluice.landing.store import Store

TAIL = {"_received_at": "timestamptz", "_file_id": "bigint", "_digest": "text"}
NONE = "[]"


class Few:
    """Writes to one stream's tables."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, accepted: Sequence[Accepted]) -> Callable[[], None]:
        """Put these records in the place of what is held of their keys, in the caller's pipeline.

        What is returned waits for the answer, and raises LandingError where a table did not take what it was sent.
        """
        if known := [one.key for one in accepted if one.known]:
            RawCursor(self.store.db).execute(self._removal, (*self.store.columns(known), self.store.shop))
        # A row is JSON without its brackets, and a line of its own.
        lines = [b"\n".join([rows for rows in table if rows]) for table in zip(*[one.flat for one in accepted], strict=True)]
        if not lines:
            return lambda: None
        sent = [found.count(b"\n") + 1 if found else 0 for found in lines]
        documents = ["[[" + found.decode().replace("\n", "],[") + "]]" if found else NONE for found in lines]
        answer = RawCursor(self.store.db).execute(self._insertion, documents)

        def check() -> None:
            taken = answer.fetchone()
            for table, count, done in zip(self.store.shape.tables, sent, taken or (), strict=True):
                if done != count:
                    raise LandingError(f"{table.name}: {count} rows were sent, {done} were taken")

        return check

    # Raw statements, with $1: psycopg would read a long one with %s in it anew each time.
    @cached_property
    def _removal(self) -> str:
        """DELETE of records and all their child rows, given as one array a key column, and the shop."""
        names = self.store.names.split(", ")
        keys = f"unnest({', '.join(f'${number}::text[]' for number in range(1, len(names) + 1))}) as d ({', '.join(names)})"
        parts = [
            f"delete from raw.{quoted(table.name)} as m using {keys}"
            f" where m.shop = ${len(names) + 1} and {self.store.on('_parent_' if table.depth else '')}"
            for table in self.store.shape.tables
        ]
        return _together(parts, "select")

    @cached_property
    def _insertion(self) -> str:
        """INSERT of flattened rows, given as one JSON array of arrays a table; gives how many each table took."""
        parts = [f"{self._insert(table, number)} returning 1" for number, table in enumerate(self.store.shape.tables, 1)]
        counts = ", ".join(f"(select count(*) from t{number})" for number in range(len(parts)))
        return _together(parts, f"select {counts}")

    def _insert(self, table: Table, parameter: int) -> str:
        key = self.store.shape.key
        kinds = {"shop": "text", "_parent_position": "integer", "_position": "integer", **TAIL}
        kinds |= {f"_parent_{leaf.column}": leaf.pg for leaf in key} | {leaf.column: leaf.pg for leaf in table.leaves}
        names = columns(table, key)
        cells = ", ".join(f"(r ->> {number})::{kinds[name]}" for number, name in enumerate(names))
        return (
            f"insert into raw.{quoted(table.name)} ({', '.join(map(quoted, names))})"
            f" select {cells} from jsonb_array_elements(${parameter}::jsonb) as r"
        )


def _together(parts: Sequence[str], end: str) -> str:
    """Statements as one, each a table of its own: none sees what the others do."""
    return f"with {', '.join(f't{number} as ({part})' for number, part in enumerate(parts))} {end}"
