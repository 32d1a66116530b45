"""Draws by weight, over one list or over one list a group."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from schema import reference


def cumulative(weights: Floats) -> Floats:
    """Cumulative shares, the last exactly 1."""
    shares = np.cumsum(weights, dtype=np.float64)
    shares /= shares[-1]
    shares[-1] = 1.0
    return shares


def pick(shares: Floats, uniform: Floats) -> Ints:
    """Row drawn by each uniform of [0, 1)."""
    return np.searchsorted(shares, uniform, side="right").astype(np.int64)


@dataclass(frozen=True)
class GroupedShares:
    """Cumulative shares of several lists laid end to end; list g fills (g, g + 1]."""

    flat: Floats
    last_row: Ints

    def pick(self, group: Ints, uniform: Floats) -> Ints:
        """Row of the whole table drawn within each group."""
        row = np.searchsorted(self.flat, group + uniform, side="right").astype(np.int64)
        # A uniform just under 1 may round up to the next group.
        return np.minimum(row, self.last_row[group])


def grouped_shares(group: Ints, weights: Floats) -> GroupedShares:
    """Shares within each group; rows must be sorted by group, and every group have a row and a weight."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    running = np.cumsum(weights)
    totals = np.add.reduceat(weights, starts)
    before = running[starts] - weights[starts]
    flat = group + (running - before[group]) / totals[group]
    last_row = np.append(starts[1:], len(group)) - 1
    flat[last_row] = np.arange(len(starts)) + 1.0
    return GroupedShares(flat, last_row.astype(np.int64))


def rates_by_sex_and_band(table: pl.DataFrame) -> Floats:
    """The `male_0` … `female_75` columns as an array (sex − 1, age band, row)."""
    return np.stack(
        [np.stack([table[f"{sex}_{age}"].to_numpy() for age in reference.AGE_BANDS]) for sex in ("male", "female")]
    )


def age_band(age_years: Floats) -> Ints:
    """Band of each age of those reference tables."""
    return np.searchsorted(reference.AGE_BANDS, age_years, side="right").astype(np.int64) - 1
