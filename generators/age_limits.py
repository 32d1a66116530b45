"""Who is of an age for what: the `age_min` and `age_max` of a reference table, both included, in completed years."""

from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Bools, Floats, Ints
from generators.days import completed_months
from schema import reference

MONTHS = 12
OLDEST = 120  # `age_max` where there is none


def age_years(birth: Ints, day: Ints) -> Ints:
    """Completed years."""
    return completed_months(birth, day) // MONTHS


@cache
def limits(table: str) -> tuple[Ints, Ints]:
    """Youngest and oldest age of each row of a reference table."""
    rows = reference.read(table)
    return rows["age_min"].to_numpy(), rows["age_max"].to_numpy()


@cache
def drug_limits() -> tuple[Ints, Ints]:
    """Youngest and oldest age of each row of drug.csv; what acute_drug.csv does not name has none."""
    rows = reference.read("drug").join(reference.read("acute_drug"), on="cip13", how="left", maintain_order="left")
    return rows["age_min"].fill_null(0).to_numpy(), rows["age_max"].fill_null(OLDEST).to_numpy()


def within(bounds: tuple[Ints, Ints], row: Ints, birth: Ints, day: Ints) -> Bools:
    """Whether each person is on that day of an age for her row."""
    age = age_years(birth, day)
    return (age >= bounds[0][row]) & (age <= bounds[1][row])


def every_row(bounds: tuple[Ints, Ints], birth: Ints, day: Ints) -> Bools:
    """Whether each person is on her day of an age for each row, by (person, row)."""
    age = age_years(birth, day)[:, None]
    return (age >= bounds[0]) & (age <= bounds[1])


def raised(table: pl.DataFrame) -> Floats:
    """By how much a rate rises within the limits so that the average of its band stays, by (age band, row).

    Ages count alike within a band, the last of which goes up to OLDEST; 1 where no age of the band is allowed.
    """
    opens = np.array(reference.AGE_BANDS)[:, None]
    closes = np.array([*reference.AGE_BANDS[1:], OLDEST + 1])[:, None]
    lowest, highest = table["age_min"].to_numpy(), table["age_max"].to_numpy()
    years = np.minimum(closes, highest + 1) - np.maximum(opens, lowest)
    return np.where(years > 0, (closes - opens) / np.maximum(years, 1), 1.0)
