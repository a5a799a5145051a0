"""What a user can put right comes as one message and exit code 2; every command explains itself."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from sluice.cli.main import app
from tests.cli.command import ROOT, Done, User, user


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


ALL = sorted(commands(typer.main.get_command(app)))


@pytest.fixture
def someone(tmp_path: Path) -> User:
    return user(tmp_path, 100)


def refused(done: Done) -> str:
    """The message of a command that could not do its work: all that it says, and no traceback."""
    assert done.code == 2, done.err
    assert done.out == ""
    assert done.err.startswith("sluice: ")
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize("command", ALL, ids=lambda path: " ".join(("sluice", *path)))
def test_every_command_explains_itself(command: tuple[str, ...], home: Path) -> None:
    done = CliRunner().invoke(app, [*command, "--help"], prog_name="sluice")
    assert done.exit_code == 0
    assert f"Usage: {' '.join(('sluice', *command))} " in done.output
    assert not home.exists(), "asking for help leaves nothing behind"


def test_the_installed_command_explains_itself(someone: User) -> None:
    done = someone.sluice("--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage: sluice" in done.out
    assert not someone.home.exists()


def test_the_page_of_commands_names_every_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    leaves = [path for path in ALL if path and not any(other[: len(path)] == path and other != path for other in ALL)]
    assert [path for path in leaves if f"`sluice {' '.join(path)}`" not in page] == []


BROKEN = {
    "a misspelt key": (
        "pool_share: 0.3",
        "pool_shear: 0.3",
        ("planning.pool_shear", "unknown key; allowed here: as_of,", "pool_share"),
    ),
    "no connector": ("connector: odoo", "connector: magento", ("channels[2].connector", "magento", "odoo", "shopify")),
    "a secret not named": ("token: SHOPIFY_TOKEN\n", "", ("channels[0]", "token")),
    "no time zone": ("timezone: America/Los_Angeles", "timezone: Pacific", ("channels[0].timezone", "Pacific", "Asia/Shanghai")),
    "too sure a service": ("service_level: 0.95", "service_level: 95", ("planning.service_level", "less than 1")),
    "a quota for nobody": ("shop: hangzhou\n    priority", "shop: moon\n    priority", ("planning.quotas", "file/moon")),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_configuration_is_told_by_its_key(fault: str, someone: User) -> None:
    good, bad, words = BROKEN[fault]
    written = someone.config.read_text(encoding="utf-8")
    assert good in written
    broken = someone.folder / "broken.yaml"
    broken.write_text(written.replace(good, bad), encoding="utf-8")
    said = refused(someone.sluice("channels", "list", "--config", str(broken)))
    assert "broken.yaml" in said
    for word in words:
        assert word in said
    assert len(said.splitlines()) == 2, "the file, then the fault"


def test_a_configuration_that_is_not_there_is_named(someone: User) -> None:
    assert "nowhere.yaml does not exist" in refused(someone.sluice("channels", "list", "--config", "nowhere.yaml"))


@pytest.mark.parametrize("command", ["land", "reconcile", "channels check"])
def test_a_shop_that_is_not_connected_is_told_before_anything_is_started(command: str, someone: User) -> None:
    said = refused(someone.sluice(*command.split(), "shopify/moon"))
    assert "shopify/moon is not connected; there are shopify/main, taobao/flagship, odoo/erp, file/hangzhou" in said
    assert not someone.home.exists()


def test_down_when_nothing_runs(someone: User) -> None:
    done = someone.sluice("down")
    assert (done.code, done.out, done.err) == (0, "Nothing was running.\n", "")
    assert someone.sluice("down", "--quiet").out == ""


def test_status_before_the_first_run(someone: User) -> None:
    found = someone.sluice("status", "--json").json
    assert (found["up"], found["last_run"], found["landed"], found["alerts"]) == (None, None, [], [])
    assert not someone.home.exists(), "looking leaves nothing behind"
