"""A small world landed from five channels over HTTP, with its marts: made once, copied for each test that erases somebody."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import yaml

from sluice import config, dbt, warehouse
from sluice.channels.protocol import Connector
from sluice.cli.environment import _point_at_sandbox
from sluice.landing.land import Landed, land
from sluice.operations.identity import identify
from sluice.prepare import prepare
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.conftest import DBT, DEMO, copy_of, keep

EVERY = Path(__file__).parents[2] / "examples" / "every_channel" / "sluice.yaml"
CHANNELS = ("shopify", "taobao", "file", "square", "woocommerce")
ORDERS = 300


@dataclass
class House:
    """A warehouse with its state folder, and the shops that it was landed from."""

    db: psycopg.Connection
    url: str
    home: Path
    shops: list[config.Shop] = field(repr=False)

    def land(self, channel: str, *, afresh: bool = False) -> list[Landed]:
        """Read the channel's streams again."""
        shop = next(one for one in self.shops if one.connector == channel)
        return [land(self.db, shop.type, shop.connect(), stream, afresh=afresh) for stream in shop.type.streams]

    def connector(self, channel: str) -> Connector:
        return next(one.type for one in self.shops if one.connector == channel)

    def value(self, query: str, *parameters: object) -> object:
        row = self.db.execute(query, parameters).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]


@dataclass
class Shops:
    """A template database, the state folder beside it, the shops that both were filled from, and what these are reached by."""

    database: str
    home: Path
    shops: list[config.Shop]
    environment: dict[str, str]


@pytest.fixture(scope="session")
def five_channels(
    postgres: warehouse.Embedded, template: str, dbt_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shops]:
    """Five shops of a small world landed, persons resolved, the marts built.

    What dbt parsed is not in the state folder: 100 MB that tell of no person, which each test would search.
    """
    home = tmp_path_factory.mktemp("five") / "home"
    home.mkdir()
    demo, every = yaml.safe_load(DEMO), yaml.safe_load(EVERY.read_text(encoding="utf-8"))
    shops = {one["connector"]: one for one in [*every["channels"], *demo["channels"]]}
    chosen = demo | {"channels": [shops[name] for name in CHANNELS]}
    chosen.pop("planning", None)
    (home / "sluice.yaml").write_text(yaml.safe_dump(chosen, allow_unicode=True), encoding="utf-8")
    with hosted(SandboxState(World.generate(7, ORDERS))) as sandbox:
        with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as address:
            loaded = config.load(home / "sluice.yaml")
            patch.setenv("SLUICE_HOME", str(dbt_home))
            prepare(loaded, address)
            patch.setenv("SLUICE_HOME", str(home))
            before = dict(os.environ)
            _point_at_sandbox(sandbox, loaded)
            told = {name: value for name, value in os.environ.items() if before.get(name) != value}
            with warehouse.connect(address) as db:
                for shop in loaded.channels:
                    for stream in shop.type.streams:
                        land(db, shop.type, shop.connect(), stream)
                identify(db)
            patch.setenv("SLUICE_HOME", str(dbt_home))
            dbt.run(address, ["run", "--select", "path:models/marts"])
            keep(postgres, address, "five")
        yield Shops("five", home, list(loaded.channels), told)


@pytest.fixture
def house(five_channels: Shops, postgres: warehouse.Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    home = tmp_path / "home"
    shutil.copytree(five_channels.home, home)
    for name, value in (five_channels.environment | {"SLUICE_HOME": str(home)}).items():
        monkeypatch.setenv(name, value)
    with copy_of(postgres, five_channels.database) as url, warehouse.connect(url) as db:
        yield House(db, url, home, five_channels.shops)
