"""Serial systems of the collection: echelon base-stock levels by the recursion of Clark and Scarf, as an independent check.

Sluice plans no stages behind one another (a facility buys or is moved to), so the recursion lives here: A. Clark & H. Scarf,
*Management Science* 6(4), 1960; Y. Zheng & F. Chen, *Management Science* 40(11), 1994; Snyder & Shen, 2nd ed., section 6.2. The
three guaranteed-service instances of the collection come without their networks and can't be worked out.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from sluice.planning.inventory import newsvendor

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "inventory_theory" / "answers.json").read_text()
)
SERIAL = [case for case in CASES if case["family"] == "ssm_serial"]
STEPS = 80
"""Of the grid, a standard deviation of a period's demand."""


def echelon_levels(nodes: list[dict[str, Any]]) -> tuple[dict[str, float], float]:
    """Best levels by stage, and the cost a period; `nodes` from the most upstream, the last one sells."""
    last = nodes[-1]
    mean, sd = last["mean"], last["sd"]
    step = sd / STEPS
    whole = sum(node["L"] for node in nodes)
    grid = np.arange(-whole * mean - 12 * sd * whole, 2 * whole * mean + 12 * sd * whole, step)
    below = (last["p"] + sum(node["ech_h"] for node in nodes)) * np.maximum(0.0, -grid)
    levels = {}
    for node in reversed(nodes):
        cost = node["ech_h"] * grid + below
        spread = sd * node["L"] ** 0.5
        offsets = np.arange(-8 * spread, 8 * spread + step, step)
        weight = norm.pdf(offsets, 0, spread)
        weight /= weight.sum()
        at = grid - node["L"] * mean
        smooth = np.convolve(np.pad(cost, len(offsets) // 2, mode="reflect", reflect_type="odd"), weight[::-1], "same")
        smooth = smooth[len(offsets) // 2 : len(offsets) // 2 + len(grid)]
        expected = np.interp(at, grid, smooth, left=np.nan)
        best = int(np.nanargmin(expected))
        levels[str(node["index"])] = float(grid[best])
        # what upstream can't give is what this stage lacks
        below = np.where(grid < grid[best], expected, expected[best])
        first = int(np.isfinite(below).argmax())
        slope = (below[first + 1] - below[first]) / step
        below[:first] = below[first] + slope * (grid[:first] - grid[first])
    return levels, float(below[-1])


@pytest.mark.parametrize("case", SERIAL, ids=[case["instance"] for case in SERIAL])
def test_levels_of_a_serial_system(case: dict[str, Any]) -> None:
    levels, cost = echelon_levels(case["params"]["nodes"])
    answer = case["answer"]
    assert cost == pytest.approx(answer["cost"], abs=answer["tol_cost"])
    within = answer.get("tol_S", 0.01 * max(answer["S"].values()))
    assert levels == pytest.approx(answer["S"], abs=within)


def test_one_stage_is_the_newsvendor() -> None:
    """Its level is the newsvendor's for demand over the lead time, which Sluice's own function gives."""
    levels, cost = echelon_levels([{"index": 1, "ech_h": 2.0, "p": 15.0, "L": 4, "mean": 10.0, "sd": 3.0}])
    best, own = newsvendor.normal(2.0, 15.0, 40.0, 6.0)
    assert levels["1"] == pytest.approx(float(best), abs=0.05)
    assert cost == pytest.approx(float(own), rel=1e-3)
