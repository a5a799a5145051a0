"""`sluice quotas preview`: another policy beside the numbers in force, and nothing is written; `sluice quotas` is as it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import yaml

from sluice import warehouse
from sluice.cli.plan import previewed
from sluice.config import ConfigError, load_policy
from sluice.operations.decide import decide
from sluice.planning_policy import Planning
from tests.cli.command import Done, User, user
from tests.conftest import copy_of

RULES = [{"name": "half for Tmall", "channel": "taobao", "percent": 50}]
PLANNING = {"quotas": [{"channel": "shopify", "shop": "main"}, {"channel": "taobao", "shop": "flagship"}]}
STOCK = {("SH", "X"): 10, ("WH", "X"): 5, ("SH", "Y"): 8}


@pytest.fixture(scope="module")
def someone(
    postgres: warehouse.Embedded, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[User, psycopg.Connection]]:
    """A company that has counted stock, has sold nothing yet, and planned once."""
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as db:
        counted = datetime.now(UTC) - timedelta(minutes=5)
        for (facility, sku), pieces in STOCK.items():
            db.execute("insert into ops.stock_feeds values (%s, %s) on conflict (facility_id) do nothing", (facility, counted))
            received = (f"{facility}-{sku}", facility, sku, pieces, counted + timedelta(minutes=1))
            db.execute("select ops.adjust_stock(%s, 'receipt', %s, %s, %s, %s)", received)
        db.commit()
        decide(db, Planning.model_validate(PLANNING))
        yield user(tmp_path_factory.mktemp("previewing"), 100, address), db


def policy(folder: Path, planning: object) -> str:
    file = folder / "policy.yaml"
    file.write_text(yaml.safe_dump({"planning": planning}), encoding="utf-8")
    return str(file)


def kept(db: psycopg.Connection) -> list[tuple[object, ...]]:
    """All that a decision writes."""
    with db.transaction():
        return db.execute(
            "select (select count(*) from planning.runs), (select count(*) from planning.quotas),"
            " (select count(*) from ops.outbox), (select last_value from planning.runs_run_id_seq)"
        ).fetchall()


def test_the_preview_says_what_would_change_and_writes_nothing(someone: tuple[User, psycopg.Connection]) -> None:
    _, db = someone
    before = kept(db)
    made = previewed(db, Planning.model_validate(PLANNING | {"rules": RULES}))
    assert made.channels.rows() == [("shopify", "main", 0, 0, 2, 23, 23), ("taobao", "flagship", 0, 2, 0, 23, 11)]
    assert [row[:5] for row in made.changes.rows()] == [
        ("taobao", "flagship", "X", 15, 7),
        ("taobao", "flagship", "Y", 8, 4),
    ]
    assert made.changes["rule"][1] == "rule 1 (half for Tmall): 50 %; 4 of the 8 open to it in its facilities, 4 here"
    assert kept(db) == before


def test_the_policy_in_force_changes_nothing(someone: tuple[User, psycopg.Connection]) -> None:
    assert previewed(someone[1], Planning.model_validate(PLANNING)).changes.height == 0


def test_the_command(someone: tuple[User, psycopg.Connection], tmp_path: Path) -> None:
    who, db = someone
    before = kept(db)
    file = policy(tmp_path, PLANNING | {"rules": RULES})
    done = who.sluice("quotas", "preview", "--policy", file, "--json", "--limit", "1")
    assert done.code == 0, done.err
    assert [(row["channel"], row["skus_down"], row["pieces_after"]) for row in done.json["channels"]] == [
        ("shopify", 0, 23),
        ("taobao", 2, 11),
    ]
    assert [(row["sku"], row["before"], row["after"]) for row in done.json["changes"]] == [("X", 15, 7)]
    shown = who.sluice("quotas", "preview", "--policy", file)
    assert shown.code == 0, shown.err
    assert "The largest 2 of 2 changes" in shown.out
    assert kept(db) == before
    newest = who.sluice("quotas", "--sku", "Y", "--json")
    assert newest.code == 0, newest.err
    assert [(row["facility_id"], row["on_hand"]) for row in newest.json] == [("SH", 8)]


def refused(done: Done) -> str:
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    return done.err


def test_a_broken_policy_is_one_message_before_anything_starts(tmp_path: Path) -> None:
    who = user(tmp_path, 100)
    said = refused(who.sluice("quotas", "preview", "--policy", policy(tmp_path, {"rules": [{"percent": 140}]})))
    assert "planning.rules[0].percent: Input should be less than or equal to 100 (it is 140)" in said
    assert len(said.splitlines()) == 2
    assert not who.home.exists()


SHARES = [{"channel": name, "share": {"pool": "east", "percent": 60}} for name in ("shopify", "taobao")]


@pytest.mark.parametrize(
    ("planning", "told"),
    [
        ({"rules": [{"channel": "tmall"}]}, ["planning.rules[0] matches no connected shop", "taobao/flagship"]),
        ({"rules": [{"lock": 3, "percent": 5}]}, ["rules[0]", "does not go with percent", "exclusive, facilities, threshold"]),
        ({"rules": [{"share": {"pool": "east", "percent": 5}}]}, ["'east'", "planning.pools has none"]),
        ({"pools": {"a": ["F"], "b": ["F"]}}, ["F in a and in b"]),
        ({"pools": {"east": ["F"]}, "rules": SHARES}, ["120 percent of the pool east", "shopify/main 60, taobao/flagship 60"]),
        ({"pools": {"east": ["F"]}, "rules": [{"share": {"pool": "east", "percent": 30}}]}, ["120 percent of the pool east"]),
        ({"rules": [{"facilities": {"only": ["A"], "except": ["B"]}}]}, ["facilities", "either only or except"]),
        (["text"], ["planning", "dictionary"]),
    ],
)
def test_a_broken_policy_says_what_to_do(tmp_path: Path, planning: object, told: list[str]) -> None:
    with pytest.raises(ConfigError) as fault:
        load_policy(Path(policy(tmp_path, planning)), user(tmp_path, 100).config)
    for word in told:
        assert word in str(fault.value)


def test_shares_that_can_not_meet_are_fine(tmp_path: Path) -> None:
    shares = [rule | {"sku": sku} for rule, sku in zip(SHARES, ("LMP-*", "CHR-*"), strict=True)]
    later = [*SHARES, {"channel": "taobao", "share": {"pool": "east", "percent": 40}}]
    for rules in (shares, later):
        planning = {"pools": {"east": ["F"]}, "rules": rules}
        assert load_policy(Path(policy(tmp_path, planning)), user(tmp_path, 100).config).pools


def test_a_whole_configuration_is_a_policy_too(tmp_path: Path) -> None:
    who = user(tmp_path, 100)
    assert load_policy(who.config, None).pool_share == 0.3


@pytest.mark.parametrize(
    ("text", "told"), [("rules: []", "no key planning; it has rules"), ("- 1", "must hold keys"), ("a: [", "no valid")]
)
def test_a_file_that_is_no_policy_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load_policy(file)


def test_a_policy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml does not exist"):
        load_policy(tmp_path / "none.yaml")
