"""Professionals and pharmacies of the world: one small list that all blocks share."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Ints
from generators.permutation import permutation

PHARMACIST = 50  # PSE_ACT_NAT
GENERAL_PRACTITIONERS, PHARMACIES, OTHERS = 4_000, 2_000, 300  # assumption: far fewer than in France
NUMBERS = 10_000_000
INVENTED = "00"  # real numbers begin with a department; there is no department 00


@dataclass(frozen=True)
class Professionals:
    """`number` holds each group's professionals end to end; group g has `count[g]` of them from `first[g]`."""

    number: pl.Series
    group: tuple[tuple[int, int], ...]
    first: Ints
    count: Ints


@cache
def professionals(seed: int, groups: tuple[tuple[int, int], ...]) -> Professionals:
    """Professionals of each (specialty, activity); 9 characters, unique, invented."""
    count = np.array([_size(specialty, activity) for specialty, activity in groups], dtype=np.int64)
    drawn = permutation(seed, "professional", NUMBERS)(np.arange(count.sum(), dtype=np.int64))
    number = INVENTED + pl.Series(drawn).cast(pl.String).str.zfill(7)
    return Professionals(number, groups, np.cumsum(count) - count, count)


def _size(specialty: int, activity: int) -> int:
    if specialty == 1:
        return GENERAL_PRACTITIONERS
    return PHARMACIES if activity == PHARMACIST else OTHERS
