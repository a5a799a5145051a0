"""An erasure that is killed at any step leaves nothing behind once asked for again; one that is done answers its receipt."""

import json
import os
import subprocess
import sys

import pytest

from sluice.cli.customers import erase as command
from sluice.rights.erase import erase
from sluice.rights.person import find
from sluice.rights.receipts import receipt
from sluice.rights.search import search
from tests.rights.conftest import House
from tests.rights.test_erase import somebody

pytestmark = pytest.mark.timeout(900)
KILLED = """
import os, sys
from sluice import warehouse
from sluice.rights.erase import erase
from sluice.rights.person import find

url, who, step = sys.argv[1:]
with warehouse.connect(url) as db:
    erase(db, find(db, who), say=lambda said: os._exit(9) if said == step else None)
"""
STEPS = (
    "compare with what others told",
    "tables",
    "remove the old lake files",
    "clear the tables of old versions and statistics",
)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_and_asked_for_again_nothing_is_left(
    house: House, step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    who = str(somebody(house.db, "shopify"))
    person = find(house.db, who)
    known = erase(house.db, person, dry_run=True).known
    assert search(house.db, known, person).total() > 0
    house.db.commit()
    killed = subprocess.run([sys.executable, "-c", KILLED, house.url, who, step], env=os.environ, check=False)
    assert killed.returncode == 9

    monkeypatch.setenv("SLUICE_DATABASE_URL", house.url)
    command(who, prove=False, dry_run=False, yes=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["erasure_id"]
    assert +search(house.db, known, person) == {}
    assert house.value("select count(*) from customers.erasures") == 1


def test_who_is_erased_already_gets_the_receipt(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    who = str(somebody(house.db, "shopify"))
    person = find(house.db, who)
    house.db.commit()
    monkeypatch.setenv("SLUICE_DATABASE_URL", house.url)
    assert receipt(house.db, who) is None
    assert command(who, prove=True, dry_run=False, yes=True, as_json=True) == 0
    first = json.loads(capsys.readouterr().out)
    for name in (who, person.keys[0]):
        assert command(name, prove=True, dry_run=False, yes=True, as_json=True) == 0
        again = json.loads(capsys.readouterr().out)
        assert (again["erasure_id"], again["counts"], again["proof"]) == (first["erasure_id"], first["counts"], {})
    assert house.value("select count(*) from customers.erasures") == 1

    # one that nobody searched after is not called proven
    house.db.execute("update customers.erasures set proof = null")
    house.db.commit()
    assert command(who, prove=True, dry_run=False, yes=True, as_json=True) == 1
