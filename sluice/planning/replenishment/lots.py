"""How much a supplier will send: whole multiples, at least the minimum, at most what the shelf takes."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def lots(needed: Integers, minimum: Integers, multiple: Integers, most: Integers) -> Integers:
    """The least quantity that covers `needed` (0: nothing) and is a multiple and at least the minimum.

    Where that is above `most`, the largest multiple that is not; 0 where no allowed quantity fits.
    """
    least = rounded_up(np.maximum(1, minimum), multiple)
    wanted = np.maximum(rounded_up(needed, multiple), least)
    fits = np.minimum(wanted, rounded_down(np.maximum(most, 0), multiple))
    return np.where((needed > 0) & (fits >= least), fits, 0)


def with_room(position: Integers, missing: Integers, minimum: Integers, multiple: Integers, most: Integers) -> Integers:
    """Lots that cover what is `missing`, as far as the shelf takes them beside the `position`: `most` pieces in all."""
    room = np.maximum(0, most - np.maximum(0, position))
    return lots(np.minimum(missing, room), minimum, multiple, room)


def rounded_up(pieces: Integers, multiple: Integers) -> Integers:
    return -(-pieces // multiple) * multiple


def rounded_down(pieces: Integers, multiple: Integers) -> Integers:
    return pieces // multiple * multiple
