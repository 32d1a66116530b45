"""Places of birth, and how the persons of one month of birth are dealt out over them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from generators.streams import stream
from schema import reference

BORN_ABROAD = 0.12  # assumption: about one inhabitant in eight was born abroad
ABROAD_BOUND = 450  # births a month of one country registered in France: an assumed upper bound
SCALE = 1 << 40  # shares as whole numbers, so that places and ranks agree exactly
GOLDEN = 0.6180339887498949  # (√5 − 1) / 2: spreads the cells' starting places evenly


@dataclass(frozen=True)
class Birthplaces:
    """Communes and countries used as birthplaces; `starts` are cumulative shares in units of 1 / SCALE.

    `offset` turns the places of every cell, and `first_rank` is where a place's numbers begin: both follow from the
    seed alone, so that two worlds have hardly a number in common.
    """

    code: pl.Series
    bound: Ints
    starts: Ints
    offset: float
    first_rank: Ints

    def of_position(self, cell: Ints, size: Ints, position: Ints) -> Ints:
        """Place of the person at a position of a cell of that size."""
        share = ((2 * position + 1) * SCALE) // (2 * size)
        turned = (share + self._turn(cell)) % SCALE
        return np.searchsorted(self.starts, turned, side="right").astype(np.int64) - 1

    def first_position(self, cell: Ints, size: Ints, place: Ints) -> Ints:
        """First position of a cell that is born in the place."""
        return _ceiling(size, (self.starts[place] - self._turn(cell)) % SCALE)

    def count(self, cell: Ints, size: Ints, place: Ints) -> Ints:
        """Persons of a cell born in the place."""
        share = (self.starts[place] - self._turn(cell)) % SCALE
        width = np.append(self.starts[1:], SCALE)[place] - self.starts[place]
        return _ceiling(size, share + width) - _ceiling(size, share)

    def _turn(self, cell: Ints) -> Ints:
        # Without it every small cell would be born in the same few places.
        turn = (((cell + 1) * GOLDEN + self.offset) % 1.0 * SCALE).astype(np.int64)
        return self.starts[np.searchsorted(self.starts, turn, side="right") - 1]


def _ceiling(size: Ints, share: Ints) -> Ints:
    """Smallest position whose middle lies at or above a share."""
    return -((SCALE - 2 * size * share) // (2 * SCALE))


@cache
def birthplaces(seed: int) -> Birthplaces:
    """Communes by population, countries by share, as a world of that seed deals them out."""
    communes = reference.read("commune").filter(pl.col("is_birthplace") == 1)
    countries = reference.read("country").filter(pl.col("is_birthplace") == 1)
    people = communes["population"].to_numpy().astype(np.float64)
    abroad = countries["share"].to_numpy()
    weights: Floats = np.concatenate([people / people.sum() * (1 - BORN_ABROAD), abroad / abroad.sum() * BORN_ABROAD])
    starts = np.floor((np.cumsum(weights) - weights) * SCALE).astype(np.int64)
    bound = np.concatenate([communes["births_per_month_bound"].to_numpy(), np.full(len(abroad), ABROAD_BOUND)])
    code = pl.concat([communes["commune_code"], countries["country_code"]])
    offset = float(stream(seed, "turn of birthplaces").random())
    first_rank = stream(seed, "first number of a birthplace").integers(0, 1 << 32, len(code))
    return Birthplaces(code, bound, starts, offset, first_rank)
