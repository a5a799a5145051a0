"""Requests that wait are done together; none fails for another's sake, and one that nobody waits for any more is left out."""

from collections.abc import Sequence

import pytest

from sluice.service.group_commit import GroupCommit


class Doubling:
    """Doubles numbers, and keeps what it was asked at once. A batch with a 13 fails."""

    def __init__(self, alone: bool = True, most: int = 10) -> None:
        self.asked: list[list[int]] = []
        self.commit = GroupCommit("doubling", self.together, lambda fault, count: alone and count > 1, most)

    def together(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        if 13 in numbers:
            raise ValueError("thirteen")
        return [2 * number for number in numbers]


def test_what_waits_is_done_at_once_but_not_more_than_so_many() -> None:
    doubling = Doubling(most=3)
    answers = [doubling.commit.ask(number) for number in range(7)]
    assert doubling.commit.waiting == 7
    doubling.commit.start()
    doubling.commit.stop()
    assert doubling.asked == [[0, 1, 2], [3, 4, 5], [6]]
    assert [answer.result(0) for answer in answers] == [0, 2, 4, 6, 8, 10, 12]


def test_one_that_fails_fails_alone() -> None:
    doubling = Doubling()
    answers = [doubling.commit.ask(number) for number in (1, 13, 2)]
    doubling.commit.start()
    doubling.commit.stop()
    assert doubling.asked == [[1, 13, 2], [1], [13], [2]]
    assert (answers[0].result(0), answers[2].result(0)) == (2, 4)
    with pytest.raises(ValueError, match="thirteen"):
        answers[1].result(0)


def test_what_is_nobody_s_fault_fails_all_at_once() -> None:
    doubling = Doubling(alone=False)
    answers = [doubling.commit.ask(number) for number in (1, 13)]
    doubling.commit.start()
    doubling.commit.stop()
    assert doubling.asked == [[1, 13]]
    assert all(isinstance(answer.exception(0), ValueError) for answer in answers)


def test_one_that_is_cancelled_before_its_turn_is_not_done() -> None:
    doubling = Doubling()
    first, second = doubling.commit.ask(1), doubling.commit.ask(2)
    assert first.cancel()
    doubling.commit.start()
    doubling.commit.stop()
    assert doubling.asked == [[2]]
    assert second.result(0) == 4
