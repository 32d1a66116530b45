"""Twins among the minors of a block."""

import numpy as np

from generators.arrays import Bools, Floats, Ints

TWIN_SHARE = 0.03  # of minors, assumption


def twin_of(minor: Bools, is_patient: Bools, birth: Ints, uniform: Floats) -> tuple[Ints, Ints]:
    """(first born, twin) positions of each pair: neighbours in birth date within one stratum.

    The twin takes over the first's birth, so that the pair exists without a search for one.
    """
    minors = np.flatnonzero(minor)
    order = minors[np.lexsort((minors, birth[minors], is_patient[minors]))]
    left, right = order[0:-1:2], order[1::2]
    chosen = (is_patient[left] == is_patient[right]) & (uniform[left] < TWIN_SHARE)
    return left[chosen], right[chosen]
