"""The lake: every page as it came, in Parquet. A file that raw.manifest does not name does not exist."""

import os
import uuid
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import Connection

from sluice import warehouse
from sluice.channels.protocol import Page
from sluice.landing.lock import try_lock

SCHEMA = pa.schema(
    [
        ("page", pa.int32()),
        ("walk", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("complete", pa.bool_()),
        ("cursor", pa.string()),
        ("context", pa.string()),
        ("body", pa.large_binary()),
    ]
)


class LakeError(Exception):
    """A file that the manifest names is gone or damaged."""


def root() -> Path:
    return warehouse.home() / "lake"


def path_for(channel: str, shop: str, stream: str, pages: Sequence[Page]) -> str:
    """A new file's place below root(), by the day of its first page (UTC)."""
    day = pages[0].received_at.astimezone(UTC).date().isoformat()
    return f"{channel}/{shop}/{stream}/{day}/{uuid.uuid4().hex}.parquet"


def write(path: str, pages: Sequence[Page], walk: str) -> int:
    """Write the pages whole and see them safe on disk; the file's size in bytes. It counts once the manifest names it."""
    target = root() / path
    root().parent.mkdir(parents=True, exist_ok=True)
    for folder in reversed(Path(path).parents):
        (root() / folder).mkdir(mode=0o700, exist_ok=True)
    draft = target.with_suffix(".draft")
    encode = msgspec.json.Encoder().encode
    columns = {
        "page": list(range(len(pages))),
        "walk": [walk] * len(pages),
        "received_at": [page.received_at for page in pages],
        "complete": [page.complete for page in pages],
        "cursor": [None if page.cursor is None else encode(page.cursor).decode() for page in pages],
        "context": [encode(page.context).decode() for page in pages],
        "body": [page.body for page in pages],
    }
    # Bodies differ from page to page: dictionaries and statistics over them cost time and find nothing.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pq.write_table(
            pa.table(columns, schema=SCHEMA),
            file,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=False,
            write_page_checksum=True,
        )
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    draft.rename(target)
    _sync(target.parent)
    return size


def read(path: str) -> tuple[str, list[Page]]:
    """(walk, pages) of a file, in order. Raises LakeError."""
    try:
        rows = pq.read_table(root() / path, schema=SCHEMA, page_checksum_verification=True).to_pylist()
    except (OSError, pa.ArrowException) as fault:
        raise LakeError(f"lake file {path}: {fault}") from fault
    decode = msgspec.json.decode
    pages = [
        Page(
            body=row["body"],
            cursor=None if row["cursor"] is None else decode(row["cursor"]),
            complete=row["complete"],
            context=decode(row["context"]),
            received_at=row["received_at"],
        )
        for row in sorted(rows, key=lambda row: row["page"])
    ]
    return (rows[0]["walk"] if rows else "", pages)


def sweep(db: Connection) -> list[str]:
    """Remove files that no manifest row names, left by landings that died; their paths. Streams landing now are passed over."""
    removed: list[str] = []
    for folder in sorted(root().glob("*/*/*")):
        channel, shop, stream = folder.relative_to(root()).parts
        with try_lock(db, channel, shop, stream) as ours:
            if not ours:
                continue
            rows = db.execute(
                "select path from raw.manifest where channel = %s and shop = %s and stream = %s", (channel, shop, stream)
            ).fetchall()
            named = {row[0] for row in rows}
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                path = file.relative_to(root()).as_posix()
                if path not in named:
                    file.unlink()
                    removed.append(path)
    return removed


def _sync(folder: Path) -> None:
    """A rename is safe once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
