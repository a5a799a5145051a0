"""Why an item's safety stock is what it is, in words, from a row of planning.safety_stock."""

from collections.abc import Mapping
from typing import Any

from sluice.planning.inventory.choose import CALIBRATED, COUNTS, NORMAL
from sluice.planning.inventory.policies import IN_LOTS, NEWSVENDOR

FORMULAS = {
    CALIBRATED: "e x s x sqrt(d (L + R) + 1), rounded up; e = quantile of past forecasts' errors, s = how wide the item's are",
    COUNTS: "least stock with that service under a negative binomial demand of mean d (L + R) and variance (L + R) sd_d^2 + "
    "d^2 sd_L^2, less d (L + R), rounded up",
    (NORMAL, "cycle_service_level"): "z x sqrt((L + R) x sd_d^2 + d^2 x sd_L^2), rounded up; z = normal quantile of the "
    "service level",
    (NORMAL, "fill_rate"): "safety stock at which normal demand of L + R days and of L days, with sd^2 = t sd_d^2 + d^2 sd_L^2, "
    "leaves no more than (1 - fill rate) d R pieces missing a cycle, rounded up",
}  # fmt: skip
IN_LOTS_FORMULA = "z x sqrt((L + R) x sd_d^2 + d^2 x sd_L^2), rounded up; z: standard loss G(z) = Q (1 - fill rate) / sigma"


def formula(row: Mapping[str, Any]) -> str:
    """Plans of before methods were kept had the normal formula."""
    kind, policy = row["target_kind"], row["policy"]
    if policy == NEWSVENDOR:
        return "nothing is held back: there is no next order of the season to wait for"
    if policy in IN_LOTS and row["method"] == NORMAL and kind == "fill_rate":
        return IN_LOTS_FORMULA
    return FORMULAS[row["method"]] if row["method"] in FORMULAS else FORMULAS[NORMAL, kind or "cycle_service_level"]


def terms(row: Mapping[str, Any]) -> str:
    """What the formula is filled with."""
    kind = (row["target_kind"] or "service_level").replace("cycle_service_level", "service_level").replace("_", " ")
    said = [
        f"d {row['demand_mean']:.2f} ± {row['demand_sd']:.2f} a day",
        f"L {row['lead_time_mean_days']:.1f} ± {row['lead_time_sd_days']:.1f} days"
        + (f" (by {row['lead_time_source']})" if row["lead_time_source"] else ""),
        f"R {row['review_period_days']} days",
        f"{kind} {row['service_level']:g}" + (f" (ABC class {row['abc']})" if row["abc"] else ""),
    ]
    if row["method"] == CALIBRATED:
        said.append(f"quantile {row['quantile']:.3f}: e {row['error_shift']:.3f}, s {row['error_spread']:.3f}")
    return ", ".join(said)
