"""One stream's tables in the warehouse, for one shop: what they hold and how it is replaced."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from psycopg import Connection, errors

from sluice.landing.decide import Accepted, State
from sluice.landing.delivery import Key
from sluice.landing.flatten import copy_statement, copy_text, key_columns
from sluice.landing.names import quoted
from sluice.landing.shape import Shape, Table

REFUSALS = (errors.DataError, errors.IntegrityError, errors.ProgramLimitExceeded)
"""What PostgreSQL says to a value that it can't hold: a number too large, a JSON it can't store, a key too long for an index."""


def array(texts: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it: made by one join, since a batch has thousands of keys."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') > 2 * len(texts):
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return f'{{"{joined}"}}' if texts else "{}"


class Store:
    """SQL for one stream of one shop, in the caller's transaction."""

    def __init__(self, db: Connection, shape: Shape, channel: str, shop: str) -> None:
        self.db = db
        self.shape = shape
        self.channel = channel
        self.shop = shop
        self.main = f"raw.{quoted(shape.main.name)}"
        count = range(len(shape.key))
        self.unnested = f"unnest({', '.join('%s::text[]' for _ in count)}"
        self.names = ", ".join(f"k{number}" for number in count)
        self.key = ", ".join(f"m.{quoted(leaf.column)}::text" for leaf in shape.key)
        self.on_key = self.on("")

    def alone(self) -> None:
        """Until this transaction ends nobody else changes these rows: pages and events of a stream land beside each other."""
        name = f"rows {self.channel}/{self.shop} {self.shape.stream.name}"
        self.db.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def analyze_grown(self) -> None:
        """Statistics of the keys anew for tables that have grown fourfold since they were last made.

        A query planned for an empty table takes minutes on a full one, and this transaction's are nobody else's to analyze.
        """
        rows = self.db.execute(
            "select relname, pg_relation_size(oid) > 4 * 8192 * (case when reltuples < 0 then 0 else relpages end)::bigint"
            " from pg_class where relnamespace = 'raw'::regnamespace and relname = any(%s)",
            ([table.name for table in self.shape.tables],),
        )
        grown = {name for name, is_grown in rows if is_grown}
        for table in self.shape.tables:
            if table.name in grown:
                key = ", ".join(map(quoted, key_columns(table, self.shape.key)))
                self.db.execute(f"analyze raw.{quoted(table.name)} ({key})")

    def on(self, prefix: str) -> str:
        """The join of a table `m` with the keys `d`; its key columns bear the prefix."""
        return " and ".join(
            f"m.{quoted(prefix + leaf.column)} = d.k{number}::{leaf.pg}" for number, leaf in enumerate(self.shape.key)
        )

    def columns(self, keys: Collection[Key]) -> list[str]:
        """Keys as one array a key column."""
        return [array(column) for column in zip(*keys, strict=True)] if keys else ["{}" for _ in self.shape.key]

    def states(self, keys: Collection[Key]) -> dict[Key, State]:
        """What is held of these keys."""
        if not keys:
            return {}
        version = f"m.{quoted(self.shape.version.column)}" if self.shape.version else "null"
        rows = self.db.execute(
            f"select m._digest, m._received_at, {version}, m._deleted_at, {self.key}"
            f" from {self.unnested}) as d ({self.names}) inner join {self.main} as m on m.shop = %s and {self.on_key}",
            (*self.columns(keys), self.shop),
        )
        return {row[4:]: State(*row[:4]) for row in rows}

    def replace(self, accepted: Sequence[Accepted]) -> dict[str, tuple[int, int]]:
        """Put these records in the place of what is held of their keys, with all their child rows.

        Table -> (rows sent, rows that the database says it took). Raises one of REFUSALS.
        """
        self.delete([one.key for one in accepted if one.known])
        counts = {table.name: (0, 0) for table in self.shape.tables}
        texts = self._texts(accepted)
        upcoming = next(texts, None)
        while upcoming:
            table, sent, text = upcoming
            with self.db.cursor() as cursor:
                with cursor.copy(copy_statement(table, self.shape.key)) as copy:
                    copy.write(text)
                    upcoming = next(texts, None)  # made while the database reads this one
                counts[table.name] = (sent, cursor.rowcount)
        return counts

    def _texts(self, accepted: Sequence[Accepted]) -> Iterator[tuple[Table, int, bytes]]:
        """(table, rows, text for COPY) of those tables that the records have rows in."""
        for number, table in enumerate(self.shape.tables):
            rows = b"\n".join([one.flat[number] for one in accepted if one.flat[number]])
            if rows:
                yield table, rows.count(b"\n") + 1, copy_text(rows)

    def delete(self, keys: Collection[Key]) -> None:
        """Remove these records and their child rows."""
        if not keys:
            return
        for table in self.shape.tables:
            on_key = self.on("_parent_" if table.depth else "")
            self.db.execute(
                f"delete from raw.{quoted(table.name)} as m using {self.unnested}) as d ({self.names})"
                f" where m.shop = %s and {on_key}",
                (*self.columns(keys), self.shop),
            )

    def clear(self) -> None:
        """Remove all that is held of this stream and shop, quarantine included."""
        for table in self.shape.tables:
            self.db.execute(f"delete from raw.{quoted(table.name)} where shop = %s", (self.shop,))
        self.db.execute(
            "delete from raw.quarantine where channel = %s and shop = %s and stream = %s",
            (self.channel, self.shop, self.shape.stream.name),
        )

    def orders(self) -> list[str]:
        """Ids of all orders that rows of this stream belong to; none where its records belong to no order."""
        if self.shape.order is None:
            return []
        order = quoted(self.shape.order.column)
        rows = self.db.execute(
            f"select distinct {order}::text from {self.main} where shop = %s and {order} is not null", (self.shop,)
        )
        return [row[0] for row in rows]

    def refused(self, accepted: Sequence[Accepted]) -> dict[str, str]:
        """Which of these PostgreSQL won't take, digest -> reason: found by halving, nothing is kept."""
        reason = self._tried(accepted) if accepted else None
        if reason is None:
            return {}
        if len(accepted) == 1:
            return {accepted[0].delivered.digest: reason}
        middle = len(accepted) // 2
        return self.refused(accepted[:middle]) | self.refused(accepted[middle:])

    def _tried(self, accepted: Sequence[Accepted]) -> str | None:
        try:
            with self.db.transaction(force_rollback=True):
                self.delete([one.key for one in accepted])
                self.replace(accepted)
        except REFUSALS as fault:
            return ": ".join(filter(None, (fault.diag.message_primary, fault.diag.message_detail))) or type(fault).__name__
        return None

    def mark_seen(self, seen: Mapping[Key, datetime]) -> None:
        """These rows hold still: the channel said so at that time. `_loaded_at` does not move."""
        if seen:
            self.db.execute(
                f"update {self.main} as m set _received_at = d.at"
                f" from {self.unnested}, %s::timestamptz[]) as d ({self.names}, at) where m.shop = %s and {self.on_key}",
                (*self.columns(seen.keys()), list(seen.values()), self.shop),
            )

    def revive(self, keys: Collection[Key]) -> None:
        """These rows had been marked deleted and are there again."""
        if keys:
            self.db.execute(
                f"update {self.main} as m set _deleted_at = null, _loaded_at = now()"
                f" from {self.unnested}) as d ({self.names}) where m.shop = %s and {self.on_key}",
                (*self.columns(keys), self.shop),
            )

    def mark_deleted(self, seen: Collection[Key], at: datetime) -> int:
        """A complete walk saw these keys and no others: mark the rest deleted. How many that were."""
        return self.db.execute(
            f"update {self.main} as m set _deleted_at = %s, _loaded_at = now()"
            f" where m.shop = %s and m._deleted_at is null"
            f" and not exists (select from {self.unnested}) as d ({self.names}) where {self.on_key})",
            (at, self.shop, *self.columns(seen)),
        ).rowcount

    def mark_gone(self, gone: Mapping[Key, datetime]) -> list[Key]:
        """The channel no longer has these: mark those deleted that it did not show since. Which that were."""
        if not gone:
            return []
        return self.db.execute(
            f"update {self.main} as m set _deleted_at = d.at, _loaded_at = now()"
            f" from {self.unnested}, %s::timestamptz[]) as d ({self.names}, at)"
            f" where m.shop = %s and {self.on_key} and m._deleted_at is null and m._received_at <= d.at returning {self.key}",
            (*self.columns(gone.keys()), list(gone.values()), self.shop),
        ).fetchall()
