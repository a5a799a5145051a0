"""Likeness weighed as evidence: the model of Fellegi and Sunter (1969), learned without labels, by Splink on DuckDB.

What strangers share (u) is counted in a random sample of pairs, what matches share (m) is found by expectation maximisation, with
a seed. Then the guesses are mended by each other: how many matches there are is what the model expects of the pairs it looked at,
and the matches that are in the sample of strangers are taken out of it.
"""

import contextlib
from copy import deepcopy
from typing import Any

import polars as pl

from sluice.customers.blocking import part
from sluice.customers.comparisons import ALL, MOST_WORTH
from sluice.customers.splinking import linker

THRESHOLD = 0.9
"""Probability from which on a pair is an edge, fixed before anything was measured."""
STAYS = 0.5
"""Probability from which on an edge stays that was one before: what others bring or the weights learned anew tip no pair over."""
LEAST_RECORDS, LEAST_TELLING, MOST_RECOUNTED = 200, 50, 50_000
"""Fewer records, or fewer pairs that agree on two telling fields, teach nothing: the fixed model is used. Where there are more
records than the last, matches are rare in any sample, and their number is not mended."""
SAMPLE, SEED, TRAINING_PAIRS, SESSIONS = 1_000_000, 1, 300_000, 3
TRAINING = (("full_name",), ("birth_date",), ("mailbox",), ("phone",), ("postcode", "surname"), ("city", "surname"))
"""Pairs that agree on these are learned from, the first SESSIONS that apply; what is in the rule is learned from the others."""
TELLING = (("full_name", "birth_date"), ("full_name", "mailbox"), ("full_name", "phone"), ("mailbox", "phone"), ("national_id",))
"""Pairs that agree on these are matches: RECALL of all, for the first guess of how many there are."""
RECALL = 0.7
MOST_DIFFERING = 0.7
NOT_TOLD = ("record", "guest", "buyer_id", "loyalty_id")
"""Columns that say nothing of what a person told."""
LEAST_M, LEAST_U, SHARE_OF_SAMPLE = 1e-4, 1e-6, 0.05
EDGES = {"left": pl.Int32, "right": pl.Int32, "weight": pl.Float64, "probability": pl.Float64, "evidence": pl.String}

Model = dict[str, Any]


def likely_edges(
    prepared: pl.DataFrame, model: Model, fresh: pl.Series | None = None, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Columns of EDGES, of pairs from THRESHOLD up: weight in bits, evidence as JSON, bits by comparison.

    `fresh`, boolean a record: only pairs that one of these is in. `before`: left, right of pairs that were edges, for which STAYS
    is enough. An edge rests on two comparisons that agree, not counting a region: a shared phone alone joins nobody. Two records
    of one shop are two people unless they share a mailbox or a phone, and two accounts if they differ in the other.
    """
    names = [one["output_column_name"] for one in model["comparisons"]]
    if len(names) < 2:
        return pl.DataFrame(schema=EDGES)
    least = THRESHOLD if before is None or before.is_empty() else STAYS
    with linker(prepared, model, fresh) as made:
        found = made.inference.predict(threshold_match_probability=least).as_duckdbpyrelation().pl()
    parts = {name: [one for one in (f"mw_{name}", f"mw_tf_adj_{name}") if one in found.columns] for name in names}
    found = found.select(
        pl.min_horizontal("record_l", "record_r").cast(pl.Int32).alias("left"),
        pl.max_horizontal("record_l", "record_r").cast(pl.Int32).alias("right"),
        pl.col("match_weight").alias("weight"),
        pl.col("match_probability").alias("probability"),
        **{name: pl.sum_horizontal(part).round(2) for name, part in parts.items()},
    )
    if before is not None:
        is_likely = pl.col("probability") >= THRESHOLD
        stays = found.filter(~is_likely).join(before.select("left", "right"), on=["left", "right"], how="semi")
        found = pl.concat([found.filter(is_likely), stays])
    agreeing = pl.sum_horizontal(pl.col(name) > 0 for name in names if name != "region")
    told = prepared.select("record", "guest", "mailbox", "phone", "tail", shop=pl.concat_str("channel", "shop", separator="\x1f"))
    for side in ("left", "right"):
        named = {name: f"{side}_{name}" for name in told.columns[1:]} | {"record": side}
        found = found.join(told.rename(named), on=side, maintain_order="left")
    same, other = (
        pl.any_horizontal(
            compare(pl.col(f"left_{name}"), pl.col(f"right_{name}")).fill_null(False) for name in ("mailbox", "phone")
        )
        for compare in (pl.Expr.eq, pl.Expr.ne)
    )
    are_accounts = pl.col("left_guest").is_null() & pl.col("right_guest").is_null()
    two_people = (pl.col("left_shop") == pl.col("right_shop")) & (~same | other & are_accounts)
    kept = _unambiguous(found.filter((agreeing >= 2) & ~two_people.fill_null(False)))
    return kept.with_columns(evidence=pl.struct(names).struct.json_encode()).select(list(EDGES))


def _unambiguous(edges: pl.DataFrame) -> pl.DataFrame:
    """Without the edges of a masked number that could be several people's, or of accounts of a shop that could be one's."""
    is_masked = (pl.col("left_phone").is_null() != pl.col("right_phone").is_null()) & pl.col("left_tail").eq(pl.col("right_tail"))
    left_masked = pl.col("left_phone").is_null()
    told = edges.filter(is_masked).select(
        "left",
        "right",
        masked=pl.when(left_masked).then("left").otherwise("right"),
        whole=pl.when(left_masked).then("right_phone").otherwise("left_phone"),
        shop=pl.when(left_masked).then("left_shop").otherwise("right_shop"),
    )
    doubtful = told.filter(
        (pl.col("whole").n_unique().over("masked") > 1) | (pl.col("masked").n_unique().over("whole", "shop") > 1)
    )
    return edges.join(doubtful, on=["left", "right"], how="anti")


def learn(prepared: pl.DataFrame) -> Model:
    """Splink's settings, with m and u of the comparisons that `prepared` has columns for.

    Records that tell the same are learned from once: a guest who types what their account says would teach that matches agree in
    everything, and masked buyers would not be found any more.
    """
    prepared = prepared.unique([name for name in prepared.columns if name not in NOT_TOLD], keep="first", maintain_order=True)
    model = fixed(prepared)
    if prepared.height < LEAST_RECORDS or len(model["comparisons"]) < 2 or _telling(prepared) < LEAST_TELLING:
        return model
    with linker(prepared, model) as made:
        telling = [_on(rule) for rule in TELLING if _has(prepared, rule)]
        if telling:
            made.training.estimate_probability_two_random_records_match(telling, recall=RECALL)
        made.training.estimate_u_using_random_sampling(max_pairs=SAMPLE, seed=SEED)
        for rule in [rule for rule in TRAINING if _has(prepared, rule)][:SESSIONS]:
            # a rule under which no two records meet teaches nothing
            with contextlib.suppress(Exception):
                made.training.estimate_parameters_using_expectation_maximisation(
                    _on(rule), estimate_without_term_frequencies=True, max_pairs=TRAINING_PAIRS
                )
        learned: Model = made.misc.save_model_to_json()
    del learned["linker_uid"]
    if not _is_of_matches(learned):
        return model
    mended = _mended(learned, model)
    if prepared.height <= MOST_RECOUNTED:
        for _ in range(2):
            learned["probability_two_random_records_match"] = _share(prepared, mended)
            mended = _mended(learned, model)
    return mended


def fixed(prepared: pl.DataFrame) -> Model:
    """The model as it stands before anything is learned: each record has one match."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": 1 / max(prepared.height, 2),
        "comparisons": [one.settings() for one in ALL if _has(prepared, one.columns[:1])],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": False,
    }


def _has(prepared: pl.DataFrame, columns: tuple[str, ...]) -> bool:
    """Whether each of the columns is known of some record."""
    return all(prepared[part(column)[0]].null_count() < prepared.height for column in columns)


def _on(rule: tuple[str, ...]) -> str:
    return " and ".join(f'l."{column}" = r."{column}"' for column in rule)


def _telling(prepared: pl.DataFrame) -> int:
    """Pairs that agree on the telling fields, those of one rule at least."""
    counts = [prepared.drop_nulls(list(rule)).group_by(rule).len()["len"] for rule in TELLING]
    return max(int((count * (count - 1) // 2).sum()) for count in counts)


def _is_of_matches(learned: Model) -> bool:
    """Whether what was learned is what matches share: pairs that mostly differ where people seldom change are not."""
    return all(
        one["comparison_levels"][-1].get("m_probability", 0) <= MOST_DIFFERING
        for one in learned["comparisons"]
        if one["output_column_name"] in ("birth_date", "national_id", "email", "phone")
    )


def _share(prepared: pl.DataFrame, model: Model) -> float:
    """The share of all pairs that are matches, by what the model expects of those in the blocks."""
    with linker(prepared, model) as made:
        seen = made.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation()
        ((expected,),) = seen.aggregate("sum(match_probability)").fetchall()
    share = min(0.5, max(expected or 0, 1) / (prepared.height * (prepared.height - 1) / 2))
    return float(f"{share:.9g}")


def _mended(learned: Model, model: Model) -> Model:
    """What was learned, without the matches in the sample of strangers; the fixed levels where it makes no sense.

    A sample's share of a level is share * m + (1 - share) * u, solved here for u. A comparison whose agreement speaks against
    a match was learned from the wrong pairs. Sums of several threads differ in their last digits, which are left out.
    """
    mended = deepcopy(learned)
    share = learned["probability_two_random_records_match"]
    for one, before in zip(mended["comparisons"], model["comparisons"], strict=True):
        levels = [level for level in one["comparison_levels"] if not level.get("is_null_level")]
        for level in levels:
            sampled, m = level.get("u_probability", 0), max(level.get("m_probability", 0), LEAST_M)
            level["m_probability"] = m
            level["u_probability"] = max((sampled - share * m) / (1 - share), sampled * SHARE_OF_SAMPLE, LEAST_U)
            if level["label_for_charts"] in MOST_WORTH:
                level["u_probability"] = max(level["u_probability"], m / MOST_WORTH[level["label_for_charts"]])
            level |= {name: float(f"{level[name]:.9g}") for name in ("m_probability", "u_probability")}
        if levels[0]["m_probability"] <= levels[0]["u_probability"]:
            one["comparison_levels"] = before["comparison_levels"]
    return mended
