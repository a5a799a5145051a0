"""A few records written without a pause: statements that wait for each other's answers cost more than what they do.

COPY is for thousands of rows; it can't be sent ahead of other statements. Here every statement goes out at once, in a pipeline.
"""

from collections.abc import Callable, Sequence
from functools import cache

from sluice.landing.decide import Accepted
from sluice.landing.delivery import LandingError
from sluice.landing.flatten import columns
from sluice.landing.names import quoted
from sluice.landing.shape import Leaf, Table
from sluice.landing.store import Store

TAIL = {"_received_at": "timestamptz", "_file_id": "bigint", "_digest": "text"}


def write(store: Store, accepted: Sequence[Accepted]) -> Callable[[], None]:
    """Put these records in the place of what is held of their keys, in the caller's pipeline.

    What is returned waits for the answers, and raises LandingError where a table did not take what it was sent.
    """
    store.delete([one.key for one in accepted if one.known])
    sent = []
    for number, table in enumerate(store.shape.tables):
        # A row is JSON without its brackets, and a line of its own.
        lines = b"\n".join([one.flat[number] for one in accepted if one.flat[number]])
        if lines:
            document = b"[[" + lines.replace(b"\n", b"],[") + b"]]"
            cursor = store.db.execute(statement(table, store.shape.key), (document.decode(),))
            sent.append((table, lines.count(b"\n") + 1, cursor))

    def check() -> None:
        if any(cursor.rowcount < 0 for _, _, cursor in sent):
            store.db.execute("select 1").fetchone()  # answers come in order: with this one, all are here
        for table, count, cursor in sent:
            if cursor.rowcount != count:
                raise LandingError(f"{table.name}: {count} rows were sent, {cursor.rowcount} were taken")

    return check


@cache
def statement(table: Table, key: tuple[Leaf, ...]) -> str:
    """INSERT of flattened rows, given as one JSON array of arrays."""
    kinds = {"shop": "text", "_parent_position": "integer", "_position": "integer", **TAIL}
    kinds |= {f"_parent_{leaf.column}": leaf.pg for leaf in key} | {leaf.column: leaf.pg for leaf in table.leaves}
    names = columns(table, key)
    cells = ", ".join(f"(r ->> {number})::{kinds[name]}" for number, name in enumerate(names))
    return (
        f"insert into raw.{quoted(table.name)} ({', '.join(map(quoted, names))})"
        f" select {cells} from jsonb_array_elements(%s::jsonb) as r"
    )
