"""The lake keeps every page as it came, and a file counts only once the manifest names it."""

import random
import stat
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from sluice.channels.protocol import Page
from sluice.landing import lake
from sluice.landing.delivery import Batch
from sluice.landing.land import land
from sluice.landing.lock import locked
from sluice.landing.proof import LandingMismatch
from sluice.warehouse import connect
from tests.landing.state import one
from tests.landing.toy import CONNECTION, ORDERS, order, page, toy


def test_pages_come_back_byte_for_byte(home: Path) -> None:
    pages = [
        Page(b'[{"id": 1}]  \n\x00\xff', {"next": 2**60}, False, {"file": "a.csv"}, datetime(2026, 3, 1, 1, 2, 3, 456789, UTC)),
        Page(b"", None, True, {}, datetime(2026, 3, 1, tzinfo=UTC)),
    ]
    path = lake.path_for("toy", "main", "orders", pages)
    size = lake.write(path, pages, "walk")
    assert path.startswith("toy/main/orders/2026-03-01/")
    assert (lake.root() / path).stat().st_size == size
    assert lake.read(path) == ("walk", pages)


def test_only_its_owner_reads_it(raw: psycopg.Connection) -> None:
    land(raw, toy({"orders": [page([order(1)])]}), CONNECTION, ORDERS)
    found = [lake.root(), *lake.root().rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()} == {0o600}


def test_it_is_parquet_with_zstd_that_any_engine_reads(raw: psycopg.Connection) -> None:
    land(raw, toy({"orders": [page([order(1)]), page([order(2)])]}), CONNECTION, ORDERS)
    file = pq.ParquetFile(lake.root() / one(raw, "select path from raw.manifest"))
    assert file.metadata.num_rows == 2
    assert {file.metadata.row_group(0).column(index).compression for index in range(file.metadata.num_columns)} == {"ZSTD"}
    assert one(raw, "select bytes from raw.manifest") == (lake.root() / one(raw, "select path from raw.manifest")).stat().st_size


def test_what_no_manifest_names_is_swept(raw: psycopg.Connection) -> None:
    land(raw, toy({"orders": [page([order(1)])]}), CONNECTION, ORDERS)
    raw.execute(
        "create function lose() returns trigger language plpgsql as $$ begin return null; end $$;"
        "create trigger lose before insert on raw.toy_orders for each row execute function lose()"
    )
    with pytest.raises(LandingMismatch):
        land(raw, toy({"orders": [page([order(2)])]}), CONNECTION, ORDERS)
    files = [file for file in lake.root().rglob("*") if file.is_file()]
    assert len(files) == 2
    assert len(lake.sweep(raw)) == 1
    (left,) = [file for file in lake.root().rglob("*") if file.is_file()]
    assert left == lake.root() / one(raw, "select path from raw.manifest")


def test_a_sweep_passes_over_a_stream_that_is_landing(raw: psycopg.Connection, database_url: str) -> None:
    batch = Batch("walk", [page([order(1)])])
    path = lake.path_for("toy", "main", "orders", batch.pages)
    lake.write(path, batch.pages, batch.walk)
    with connect(database_url) as other:
        with locked(other, "toy", "main", "orders"):
            assert lake.sweep(raw) == []
        assert lake.sweep(raw) == [path]


def test_a_damaged_file_is_told_from_a_good_one(raw: psycopg.Connection) -> None:
    noise = order(1, name=random.Random(1).randbytes(50_000).hex())
    land(raw, toy({"orders": [page([noise])]}), CONNECTION, ORDERS)
    path = one(raw, "select path from raw.manifest")
    content = bytearray((lake.root() / path).read_bytes())
    # one bit of the body, where decompression itself may well notice nothing
    content[len(content) // 2] ^= 1
    (lake.root() / path).write_bytes(content)
    with pytest.raises(lake.LakeError, match=path):
        lake.read(path)
    (lake.root() / path).unlink()
    with pytest.raises(lake.LakeError, match=path):
        lake.read(path)
