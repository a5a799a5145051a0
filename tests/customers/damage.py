"""What happens to what people type, as FEBRL's generator does it (Christen 2009): slips of the hand, what sounds the same, scans,
fields left out or swapped."""

from collections.abc import Callable

import numpy as np

LETTERS, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
SOUNDS = (
    ("ph", "f"),
    ("ck", "k"),
    ("ie", "y"),
    ("y", "ie"),
    ("ll", "l"),
    ("tt", "t"),
    ("c", "k"),
    ("z", "s"),
    ("ae", "e"),
    ("ou", "u"),
)
SCANS = (("m", "rn"), ("cl", "d"), ("l", "1"), ("o", "0"), ("s", "5"), ("h", "b"), ("5", "s"), ("0", "o"), ("8", "3"), ("1", "7"))

Row = dict[str, str | None]


def slip(rng: np.random.Generator, text: str) -> str:
    """One letter more, less, another, or two in the other order."""
    kind, at = rng.integers(4), int(rng.integers(len(text)))
    drawn = str(rng.choice(list(DIGITS if text[at].isdigit() else LETTERS)))
    if kind == 0:
        return text[:at] + drawn + text[at:]
    if kind == 1:
        return text[:at] + drawn + text[at + 1 :]
    if kind == 2 and len(text) > 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _replaced(pairs: tuple[tuple[str, str], ...]) -> Callable[[np.random.Generator, str], str]:
    def replace(rng: np.random.Generator, text: str) -> str:
        fit = [pair for pair in pairs if pair[0] in text]
        return text.replace(*fit[rng.integers(len(fit))], 1) if fit else slip(rng, text)

    return replace


KINDS = (slip, slip, _replaced(SOUNDS), _replaced(SCANS))


def damaged(rng: np.random.Generator, row: Row, damages: int, swaps: tuple[tuple[str, str], ...], most_a_field: int = 2) -> Row:
    """A copy with that many damages, no field with more than `most_a_field`: mostly slips, else a value lost, or two swapped."""
    copy, done = dict(row), dict.fromkeys(row, 0)
    for _ in range(damages):
        field = str(rng.choice([name for name, count in done.items() if count < most_a_field]))
        done[field] += 1
        value = copy[field]
        drawn = rng.random()
        if drawn < 0.05:
            one, other = swaps[rng.integers(len(swaps))]
            copy[one], copy[other] = copy[other], copy[one]
        elif drawn < 0.2:
            copy[field] = None
        elif value:
            copy[field] = KINDS[rng.integers(len(KINDS))](rng, value)
    return copy
