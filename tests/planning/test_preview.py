"""What a plan would change is told by SKU, and what it doesn't decide stays as it is."""

import polars as pl

from sluice.planning.preview import Preview, preview

KEYS = ["facility_id", "sku", "channel", "shop", "published"]


def compared(before: list[tuple[str, str, str, int]], after: list[tuple[str, str, str, int, str]]) -> Preview:
    """Rows are facility, SKU, channel, number; after, the rule as well. Every shop is called main."""
    texts = dict.fromkeys(KEYS[:4], pl.String) | {"published": pl.Int64}
    frame = pl.DataFrame([(f, s, c, "main", n) for f, s, c, n in before], schema=texts, orient="row")
    plan = pl.DataFrame([(f, s, c, "main", n, r) for f, s, c, n, r in after], schema=texts | {"rule": pl.String}, orient="row")
    return preview(frame, plan)


def test_skus_go_up_down_or_stay_over_all_their_facilities() -> None:
    made = compared(
        [("F", "X", "a", 5), ("G", "X", "a", 5), ("F", "Y", "a", 3), ("F", "Z", "a", 1), ("F", "X", "b", 7)],
        [
            ("F", "X", "a", 6, "one"),
            ("G", "X", "a", 1, "other"),
            ("F", "Y", "a", 3, "y"),
            ("F", "Z", "a", 9, "z"),
            ("F", "X", "b", 7, "b"),
            ("F", "N", "b", 2, "new"),
        ],
    )
    assert made.channels.rows() == [("a", "main", 1, 1, 1, 14, 19), ("b", "main", 1, 0, 1, 7, 9)]
    assert made.changes.rows() == [
        ("a", "main", "Z", 1, 9, "z"),
        ("a", "main", "X", 10, 7, "other"),
        ("b", "main", "N", 0, 2, "new"),
    ]


def test_pieces_that_only_move_between_facilities_are_no_change_of_the_sku() -> None:
    made = compared([("F", "X", "a", 5), ("G", "X", "a", 0)], [("F", "X", "a", 0, "r"), ("G", "X", "a", 5, "r")])
    assert made.channels.rows() == [("a", "main", 0, 0, 1, 5, 5)]
    assert made.changes.height == 0


def test_a_number_that_is_not_decided_stays() -> None:
    made = compared([("F", "X", "a", 5), ("G", "X", "a", 4)], [("G", "X", "a", 6, "r")])
    assert made.changes.rows() == [("a", "main", "X", 9, 11, "r")]


def test_before_the_first_decision_everything_is_new() -> None:
    assert compared([], [("F", "X", "a", 5, "r")]).channels.rows() == [("a", "main", 1, 0, 0, 0, 5)]
