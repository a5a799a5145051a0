"""A token that may be used once is kept before it is used, renewed by one at a time, and readable in no copy of the database."""

import json
import logging
import os
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from sluice import warehouse
from sluice.channels.protocol import Refused, Remembered, Token, Tokens
from sluice.cli.main import app
from sluice.config import ConfigError
from sluice.migrations.migrate import migrate
from sluice.sealing import VARIABLE, keys
from sluice.tokens import Kept, forget, held, reseal

SECRET = {"access_token": "at-5f1e2d3c4b5a", "refresh_token": "rt-a1b2c3d4e5f6", "ends": 1_900_000_000}
BEFORE = "0018_planned_orders"


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def key(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key that a company gave, whose warehouse is a server of its own."""
    monkeypatch.setenv("SLUICE_DATABASE_URL", database_url)
    monkeypatch.setenv(VARIABLE, given := new_key())
    return given


@pytest.fixture(params=["kept", "remembered"])
def tokens(request: pytest.FixtureRequest, key: str) -> Tokens:
    return Kept("toy", "main") if request.param == "kept" else Remembered()


def is_fresh(token: Token) -> bool:
    return bool(token["uses"] > 0)


def never(kept: Token | None) -> Token:
    raise AssertionError("renewed")


def keep(shop: str = "main") -> Token:
    return Kept("toy", shop).fresh(lambda token: True, lambda kept: SECRET)


def kept() -> Token:
    return Kept("toy", "main").fresh(lambda token: True, never)


def test_a_fresh_token_is_given_again_and_a_stale_one_is_renewed_from_what_was_kept(tokens: Tokens) -> None:
    asked: list[Token | None] = []

    def renew(kept: Token | None) -> Token:
        asked.append(kept)
        return {"uses": len(asked) - 1}

    assert tokens.fresh(is_fresh, renew) == {"uses": 0}
    assert tokens.fresh(is_fresh, renew) == {"uses": 1}
    assert tokens.fresh(is_fresh, renew) == {"uses": 1}
    assert asked == [None, {"uses": 0}]


def test_one_renews_while_the_others_wait(tokens: Tokens) -> None:
    renewed: list[int] = []

    def renew(kept: Token | None) -> Token:
        renewed.append(1)
        return {"uses": 1}

    with ThreadPoolExecutor(8) as beside:
        found = list(beside.map(lambda _: tokens.fresh(is_fresh, renew), range(8)))
    assert found == [{"uses": 1}] * 8
    assert len(renewed) == 1


def test_a_renewal_that_fails_leaves_what_was_kept(tokens: Tokens) -> None:
    def refuse(kept: Token | None) -> Token:
        raise RuntimeError("refused")

    tokens.fresh(is_fresh, lambda kept: {"uses": 0})
    with pytest.raises(RuntimeError, match="refused"):
        tokens.fresh(is_fresh, refuse)
    assert tokens.fresh(is_fresh, lambda kept: {"was": kept, "uses": 1}) == {"was": {"uses": 0}, "uses": 1}


def test_nobody_but_the_owner_reads_them(database_url: str) -> None:
    with warehouse.connect(database_url, autocommit=True) as db:
        db.execute("create role curious")
        try:
            found = db.execute("select has_table_privilege('curious', 'secrets.channel_tokens', 'select')").fetchone()
            assert found == (False,)
        finally:
            db.execute("drop role curious")


def dump(address: str) -> str:
    """As a backup has it."""
    return subprocess.run([warehouse.POSTGRES_BIN_PATH / "pg_dump", address], capture_output=True, text=True, check=True).stdout


def files(postgres: warehouse.Embedded, address: str) -> bytes:
    """What the tables of a database take on the disk."""
    with warehouse.connect(address, autocommit=True) as db:
        db.execute("checkpoint")
        row = db.execute("select oid from pg_database where datname = current_database()").fetchone()
    assert row
    folder = postgres.folder / "data" / "base" / str(row[0])
    return b"".join(file.read_bytes() for file in folder.iterdir())


def is_told(text: str) -> bool:
    return any(str(part) in text for part in SECRET.values() if isinstance(part, str))


def test_no_copy_of_the_database_tells_a_token(
    key: str, database_url: str, postgres: warehouse.Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert keep() == SECRET
        assert kept() == SECRET
    copy = dump(database_url)
    assert "toy\tmain\t" in copy
    assert not is_told(copy)
    assert key not in copy
    assert not is_told(files(postgres, database_url).decode("latin-1"))
    assert not is_told(caplog.text)
    with warehouse.connect(database_url) as db:
        db.execute("comment on schema ops is %s" % f"'{SECRET['refresh_token']}'")  # noqa: UP031
    # were one there, it would be found
    assert is_told(dump(database_url))


@pytest.fixture
def of_before(postgres: warehouse.Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A warehouse that keeps a token in clear, as they did before tokens were sealed."""
    address = postgres.url("of_before")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("create database of_before")
        try:
            migrate(address, BEFORE)
            with warehouse.connect(address) as db:
                insert = "insert into secrets.channel_tokens values ('toy', 'main', %s, now()), ('toy', 'new', null, null)"
                db.execute(insert, (json.dumps(SECRET),))
            monkeypatch.setenv("SLUICE_DATABASE_URL", address)
            yield address
        finally:
            admin.execute("drop database of_before with (force)")


def test_tokens_in_clear_are_taken_over(of_before: str, postgres: warehouse.Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_told(dump(of_before))
    assert is_told(files(postgres, of_before).decode("latin-1"))
    monkeypatch.setenv(VARIABLE, new_key())
    migrate(of_before)
    assert kept() == SECRET
    assert not is_told(dump(of_before))
    assert not is_told(files(postgres, of_before).decode("latin-1"))


def test_without_a_key_nothing_is_taken_over_and_nothing_lost(of_before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=f"{VARIABLE} is not set.*openssl rand"):
        migrate(of_before)
    monkeypatch.setenv(VARIABLE, new_key())
    migrate(of_before)
    assert kept() == SECRET


def test_a_key_is_changed_for_another(key: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep()
    newer = new_key()
    monkeypatch.setenv(VARIABLE, f"{newer}, {key}")
    assert kept() == SECRET
    with warehouse.connect(database_url) as db:
        assert [one.key for one in held(db)] == [1]
        assert reseal(db) == 1
        assert reseal(db) == 0
        assert [one.key for one in held(db)] == [0]
    monkeypatch.setenv(VARIABLE, newer)
    assert kept() == SECRET


def test_a_wrong_key_is_told_and_nothing_is_renewed(key: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep()
    monkeypatch.setenv(VARIABLE, wrong := new_key())
    with pytest.raises(Refused, match=f"toy/main.*no key of {VARIABLE} opens it") as fault:
        Kept("toy", "main").fresh(lambda token: False, never)
    assert not is_told(str(fault.value))
    assert key not in str(fault.value)
    assert wrong not in str(fault.value)
    with warehouse.connect(database_url) as db:
        assert [one.key for one in held(db)] == [None]
        assert reseal(db) == 0
        assert forget(db, "toy", "main")
        assert not forget(db, "toy", "main")
    assert keep() == SECRET


@pytest.mark.parametrize("given", ["", " , ", "secret", "x" * 44, "schlüssel"])
def test_what_is_no_key_is_refused_before_a_refresh_token_is_used(
    key: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(Refused, match=VARIABLE) as fault:
        Kept("toy", "main").fresh(lambda token: True, never)
    assert len(given) < 5 or given not in str(fault.value)
    assert not (tmp_path / "token.key").exists()


def test_a_key_from_openssl_is_one(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        made = subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True).stdout
        monkeypatch.setenv(VARIABLE, made)
        assert keep(made.strip()) == SECRET


def test_the_embedded_server_gets_a_key_of_its_own_once(database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("SLUICE_DATABASE_URL", raising=False)
    with ThreadPoolExecutor(8) as beside:
        made = list(beside.map(lambda _: keys()[0], range(8)))
    told = made[0].encrypt(b"told")
    assert {one.decrypt(told) for one in made} == {b"told"}
    file = home / "token.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(home) == ["token.key"]
    # a company's server is not the embedded one, and gets none from that file
    monkeypatch.setenv("SLUICE_DATABASE_URL", database_url)
    with pytest.raises(ConfigError, match=VARIABLE):
        keys()


def test_the_command_tells_whose_tokens_are_kept_and_never_which(
    key: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    keep("second")

    def told(*options: str) -> tuple[int, list[dict[str, object]]]:
        done = CliRunner().invoke(app, ["channels", "tokens", "--json", *options])
        assert not is_told(done.output)
        return done.exit_code, json.loads(done.stdout)

    assert [(one["shop"], one["key"]) for one in told()[1]] == [("main", 0), ("second", 0)]
    newer = new_key()
    monkeypatch.setenv(VARIABLE, f"{newer},{key}")
    assert [one["key"] for one in told()[1]] == [1, 1]
    assert [one["key"] for one in told("--reseal")[1]] == [0, 0]
    monkeypatch.setenv(VARIABLE, key)
    code, kept_there = told()
    assert (code, [one["key"] for one in kept_there]) == (1, [None, None])
    assert told("--forget", "toy/main")[0] == 1
    assert [one["shop"] for one in told("--forget", "toy/second")[1]] == []
    missing = CliRunner().invoke(app, ["channels", "tokens", "--forget", "toy/main"])
    assert isinstance(missing.exception, ConfigError) or missing.exit_code != 0
