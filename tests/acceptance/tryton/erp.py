"""A real Tryton: installed once, its company founded once, started on a copy for a run."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.places import HOME, free_port, running

HERE = Path(__file__).parent
FOLDER = HOME / "tryton"
BIN = FOLDER / "venv" / "bin"
MODULES = ("purchase", "sale", "sale_discount", "sale_shipment_cost", "sale_payment", "stock_package_shipping")
PACKAGES = tuple(f"{name}>=8.0,<8.1" for name in ("trytond", "proteus", *(f"trytond-{module}" for module in MODULES)))
SECRETS = {"database": "shop", "user": "admin", "password": "admin"}


@dataclass(frozen=True)
class Tryton:
    """The running server; `run` is where its settings and its database are."""

    url: str
    run: Path

    def go_on(self) -> None:
        """What the company does next, through Tryton's own client."""
        tell("company", "goes-on", self.run)

    def sell_on(self) -> None:
        """What becomes of its sales."""
        tell("selling", "sells-on", self.run)

    def have_orders_wait(self) -> None:
        """What is to be sent."""
        tell("selling", "waits", self.run)


def tell(story: str, step: str, run: Path) -> None:
    _call(str(BIN / "python"), str(HERE / f"{story}.py"), str(run / "trytond.conf"), SECRETS["database"], step)


@contextmanager
def tryton() -> Iterator[Tryton]:
    """The server on a copy of the company as it was founded."""
    installed = BIN / ".modules"
    if not installed.exists() or installed.read_text() != " ".join(PACKAGES):
        _call(sys.executable, "-m", "venv", str(FOLDER / "venv"))
        _call(str(BIN / "pip"), "install", "--quiet", "--disable-pip-version-check", *PACKAGES)
        installed.write_text(" ".join(PACKAGES))
    founded, run, port = FOLDER / f"founded-{len(MODULES)}.sqlite", FOLDER / "run", free_port()
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    (run / "trytond.conf").write_text(f"[web]\nlisten = 127.0.0.1:{port}\n[database]\nuri = sqlite://\npath = {run}\n")
    database = run / f"{SECRETS['database']}.sqlite"
    if founded.exists():
        shutil.copy(founded, database)
    else:
        database.touch()  # Tryton fills a file that is there
        (run / "password").write_text(SECRETS["password"])
        wanted = ("-d", SECRETS["database"], "--all", "-u", *MODULES, "--activate-dependencies", "--email", "a@example.com")
        _call(str(BIN / "trytond-admin"), "-c", str(run / "trytond.conf"), *wanted, TRYTONPASSFILE=str(run / "password"))
        tell("company", "found", run)
        tell("selling", "sell", run)
        # Whole, with what SQLite still keeps beside the file.
        with closing(sqlite3.connect(database)) as made, closing(sqlite3.connect(founded)) as kept:
            made.backup(kept)
    command = [str(BIN / "trytond"), "-c", str(run / "trytond.conf"), "-d", SECRETS["database"]]
    with running(command, run, {}, port):
        yield Tryton(f"http://127.0.0.1:{port}", run)


def _call(*command: str, **environment: str) -> None:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
