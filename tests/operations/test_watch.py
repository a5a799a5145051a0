"""What is watched: a sight shows the first rows of what it found, and says how much there is in all."""

from sluice.operations.watch import OVERSELLS, SHOWN, look
from tests.operations.ledger import Ledger


def test_all_oversold_pieces_are_counted_however_few_items_are_shown(stock: Ledger) -> None:
    stock.count({("A", "other"): 1})
    skus = [f"s{number}" for number in range(SHOWN + 1)]
    stock.order("1", *((sku, 2) for sku in skus))
    sight = look(stock.db, OVERSELLS)
    assert (sight.count, len(sight.rows)) == (len(skus), SHOWN)
    assert {row["pieces_in_all"] for row in sight.rows} == {2 * len(skus)}
