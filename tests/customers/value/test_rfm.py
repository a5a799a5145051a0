"""RFM against DuckDB's own ntile, ties by their rule, and every score's segment."""

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.customers.value.rfm import GRID, SEGMENTS, rfm

PEOPLE = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6), st.integers(-5, 40)), min_size=0, max_size=60)


def frame(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    schema = {"recency_days": pl.Int64, "frequency": pl.Int64, "net_revenue": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("net_revenue").cast(pl.Decimal(18, 4)))


@settings(max_examples=100)
@given(PEOPLE)
def test_scores_are_ntiles_and_equal_people_score_equally(rows: list[tuple[int, int, int]]) -> None:
    people = rfm(frame(rows))
    expected = duckdb.sql(
        """
        with tiled as (
            select
                *, ntile(5) over (order by recency_days desc) as r, ntile(5) over (order by frequency) as f,
                ntile(5) over (order by net_revenue) as m
            from people
        )
        select
            recency_days, frequency, net_revenue, min(r) over (partition by recency_days) as recency_score,
            min(f) over (partition by frequency) as frequency_score, min(m) over (partition by net_revenue) as monetary_score
        from tiled
        """
    ).pl()
    columns = ["recency_days", "frequency", "net_revenue", "recency_score", "frequency_score", "monetary_score"]
    assert sorted(people.select(columns).rows()) == sorted(expected.select(columns).rows())


@settings(max_examples=100)
@given(PEOPLE)
def test_tiers_cut_the_revenue_where_they_say(rows: list[tuple[int, int, int]]) -> None:
    people = rfm(frame(rows)).with_columns(pl.col("net_revenue").cast(pl.Float64))
    total = people["net_revenue"].clip(0).sum()
    for tier, limit in (("A", 0.8), ("B", 0.95)):
        upper = people.filter(pl.col("value_tier") <= tier)["net_revenue"].sum()
        if total > 0:
            assert upper >= limit * total - 1e-9
    assert (people.filter(pl.col("net_revenue") <= 0)["value_tier"] == "D").all()
    assert (
        people.group_by("net_revenue").agg(pl.col("value_tier").n_unique())["value_tier"].to_list()
        == [1] * people["net_revenue"].n_unique()
    )
    # nobody is above somebody who brought more
    ordered = people.sort("net_revenue", descending=True)["value_tier"].to_list()
    assert ordered == sorted(ordered)


def test_one_time_buyers_score_one_for_frequency() -> None:
    scored = rfm(frame([(day, 1, 10) for day in range(80)] + [(day, 2 + day, 10) for day in range(20)]))
    assert scored.filter(pl.col("frequency") == 1)["frequency_score"].unique().to_list() == [1]
    assert scored["monetary_score"].unique().to_list() == [1]


@pytest.mark.parametrize(
    ("recency", "frequency", "segment"),
    [(5, 5, "champion"), (5, 1, "new"), (1, 5, "cannot_lose"), (1, 1, "hibernating"), (3, 3, "needs_attention"), (4, 5, "loyal")],
)
def test_segments_are_what_their_names_say(recency: int, frequency: int, segment: str) -> None:
    assert GRID[recency - 1][frequency - 1] == segment


def test_the_grid_has_ten_segments() -> None:
    assert len(SEGMENTS) == 10
    assert [len(row) for row in GRID] == [5] * 5
