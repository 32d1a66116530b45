"""The civil register: sex, month and place of birth and number of each slot, unique by construction."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generators import birth_cells, birthplaces
from generators.arrays import Ints
from generators.birth_cells import Cells
from generators.birthplaces import Birthplaces
from schema import codes
from schema.configuration import Configuration
from schema.errors import SettingsError

FIRST_ORDER = 999  # order numbers count down from here to the bound of real ones, which count up from 1
NUMBERS_A_PERSON = 3  # her own, a same-sex twin's and an other-sex twin's
OWN, SAME_SEX_TWIN, OTHER_SEX_TWIN = 0, 1, 2


@dataclass(frozen=True)
class Births:
    """What the register says of slots; `place` is a row of `birthplaces`, `rank` counts from 0 within its numbers."""

    sex: Ints
    year: Ints
    month: Ints
    place: Ints
    rank: Ints

    def take(self, rows: Ints) -> "Births":
        return Births(self.sex[rows], self.year[rows], self.month[rows], self.place[rows], self.rank[rows])


@cache
def register(configuration: Configuration, seed: int) -> tuple[Cells, Birthplaces]:
    """Cells and birthplaces of a world, made once a process."""
    return birth_cells.cells(configuration), birthplaces.birthplaces(seed)


def births(configuration: Configuration, seed: int, slots: Ints) -> Births:
    """Birth attributes of slots [0, persons): patients' slots first, then controls'."""
    cells, places = register(configuration, seed)
    cell = np.searchsorted(cells.ends, slots, side="right").astype(np.int64)
    position = slots - (cells.ends[cell] - cells.sizes[cell])
    place = places.of_position(cell, cells.sizes[cell], position)
    rank = position - places.first_position(cell, cells.sizes[cell], place)
    for before in cells.sharing.T[:, cell]:
        # Cells of one sex, two-digit year and month share their numbers: skip those the earlier cells took.
        taken = places.count(np.maximum(before, 0), cells.sizes[before], place)
        rank += np.where(before >= 0, taken, 0)
    return Births(cells.sex[cell], cells.year[cell], cells.month[cell], place, rank)


def nir13(born: Births, kind: Ints, seed: int) -> pl.Series:
    """The 13-character number; `kind` is OWN, SAME_SEX_TWIN or OTHER_SEX_TWIN (of the person in the slot).

    Order numbers fill the room between 999 and the bound of real ones, downwards from a start of the seed's, and go
    round once. Raises SettingsError when a month and place of birth have no number left above the real ones.
    """
    places = birthplaces.birthplaces(seed)
    room = ((FIRST_ORDER - places.bound) // NUMBERS_A_PERSON)[born.place]
    order = FIRST_ORDER - NUMBERS_A_PERSON * ((born.rank + places.first_rank[born.place]) % room) - kind
    if np.any(born.rank >= room):
        raise SettingsError("The register has no number left for so many persons; ask for fewer --persons.")
    head = pl.Series(born.sex * 10_000 + born.year % 100 * 100 + born.month).cast(pl.String)
    return head + places.code.gather(pl.Series(born.place)) + pl.Series(order).cast(pl.String)


def with_key(numbers: pl.Series) -> pl.Series:
    """The 15-character form of 13-character numbers."""
    return pl.DataFrame({"nir": numbers}).select(codes.with_nir_key(pl.col("nir"))).to_series()
