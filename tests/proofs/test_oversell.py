"""The proof holds with the ledger's lock and breaks without it, every time."""

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from sluice import proofs, warehouse
from sluice.cli.main import app
from sluice.proofs.oversell import Load, Trial, Verdict
from tests.conftest import copy_of

STRICT = "no hold, move or transfer took what was not there"


def trial(address: str, load: Load) -> Verdict:
    with warehouse.connect(address) as db:
        db.execute(proofs.UNIFIED.read_text(encoding="utf-8"))
    return Trial(address, load, lambda what, done, of: None).run()


def test_nothing_breaks_under_the_lock(database_url: str) -> None:
    verdict = trial(database_url, Load(threads=8, orders=250, skus=6, seed=3))
    assert [check for check in verdict.checks if check.broken] == []
    looked_at = {check.name: check.looked_at for check in verdict.checks}
    assert all(looked_at.values()), looked_at
    done = {
        "orders",
        "holds",
        "holds refused",
        "holds confirmed",
        "holds swept",
        "shipments",
        "cancellations",
        "returns",
        "counts",
    }
    done |= {"transfers", "moves", "decisions", "numbers published", "purchases", "orders told again"}
    assert done <= {what for what, count in verdict.counts.items() if count}


def test_without_the_lock_it_is_caught(postgres: warehouse.Embedded, template: str) -> None:
    """Each time; by which check depends on who meets whom."""
    seen = []
    for seed in range(3):
        with copy_of(postgres, template) as address:
            verdict = trial(address, Load(threads=8, orders=200, skus=4, seed=seed, guard=False))
        assert not verdict.holds
        seen += [example for check in verdict.checks if check.name == STRICT for example in check.examples]
    # below 0 without a safety stock, below it with one
    assert re.search(r"left -?\d+ of SKU-\d+ at \w+", seen[0])


def test_the_command_says_so_in_a_warehouse_of_its_own(tmp_path: Path) -> None:
    sizes = ["--threads", "4", "--orders", "60", "--channels", "2", "--skus", "4"]
    good = CliRunner().invoke(app, ["prove", "oversell", *sizes, "--json"])
    assert good.exit_code == 0, good.output
    facts = json.loads(good.stdout)
    assert facts["holds"] is True
    assert facts["orders_per_second"] > 0
    assert {check["broken"] for check in facts["checks"]} == {0}
