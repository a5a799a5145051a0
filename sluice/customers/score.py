"""How good a resolution is, where the truth is known: by pairs of records that are said to be one person."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Score:
    """Pairwise measures (Christen, Data Matching, 2012, section 7.2): of the pairs joined, and of the pairs that are true."""

    precision: float
    recall: float
    f1: float
    true_pairs: int


def score(truth: np.ndarray, persons: np.ndarray) -> Score:
    """`truth` and `persons`: a label for each record, any type, shape (records,). Without a pair on one side its share is 1."""
    _, actual = np.unique(truth, return_inverse=True)
    _, found = np.unique(persons, return_inverse=True)
    both = _pairs(actual.astype(np.int64) * (found.max(initial=0) + 1) + found)
    joined, true = _pairs(found), _pairs(actual)
    precision, recall = both / joined if joined else 1.0, both / true if true else 1.0
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0, true)


def _pairs(labels: np.ndarray) -> int:
    _, sizes = np.unique(labels, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())
