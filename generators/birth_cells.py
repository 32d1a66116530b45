"""How many persons of each stratum were born in each month, by sex: quotas that reproduce France."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from schema import reference
from schema.configuration import Configuration

PATIENTS_A_YEAR = 250_000  # assumption: 0.75 million distinct patients of the four hospitals in three years
PATIENT_SHARE = 1 / 3  # one patient to two controls, as the press says of EMC2
OLDEST_AGE, OLD_YEARS, OLD_RATIO = 99, 8, 0.6  # 99 means 99 and over: spread over 8 birth years, assumption
MONTHS = 12
SEXES = np.array([1, 2])


@dataclass(frozen=True)
class Cells:
    """Cells stratum × sex × year × month; `sharing` holds up to three earlier cells of the same numbers, else −1."""

    sex: Ints
    year: Ints
    month: Ints
    sizes: Ints
    ends: Ints
    sharing: Ints


def n_patients(configuration: Configuration) -> int:
    return round(configuration.persons * PATIENT_SHARE)


def france(configuration: Configuration) -> tuple[Ints, Floats]:
    """Birth years, and people of France by (sex, birth year): present at the start or born within the calendar."""
    table = reference.read("population")
    start = configuration.first_year
    years = np.arange(start - 1 - OLDEST_AGE - OLD_YEARS + 1, configuration.last_year + 1)
    people = np.zeros((2, len(years)))
    for sex in SEXES:
        at_start = _by_age(table, start, int(sex))
        column = people[sex - 1]
        column[OLD_YEARS : OLD_YEARS + OLDEST_AGE] = at_start[:OLDEST_AGE][::-1]
        spread = OLD_RATIO ** np.arange(OLD_YEARS)
        column[:OLD_YEARS] = at_start[OLDEST_AGE] * (spread / spread.sum())[::-1]
        for year in range(start, configuration.last_year + 1):
            column[year - years[0]] = _by_age(table, min(year + 1, int(str(table["year"].max()))), int(sex))[0]
    return years, people


def _by_age(table: pl.DataFrame, year: int, sex: int) -> Floats:
    chosen = table.filter((pl.col("year") == year) & (pl.col("sex") == sex)).sort("age")
    return chosen["population"].to_numpy().astype(np.float64)


def stratum_weights(configuration: Configuration) -> tuple[Ints, Floats, Floats]:
    """Birth years, and France's patients and others by (sex, birth year)."""
    years, people = france(configuration)
    rate = reference.read("patient_rate").sort("sex", "age")["relative_rate"].to_numpy().reshape(2, -1)
    age = np.clip(configuration.first_year - 1 - years, 0, rate.shape[1] - 1)
    patients = people * rate[:, age]
    patients *= PATIENTS_A_YEAR * configuration.years / patients.sum()
    return years, patients, people - patients


def sampling_weights(configuration: Configuration) -> tuple[float, float]:
    """People of France that one patient and one control stand for."""
    _, patients, others = stratum_weights(configuration)
    n = n_patients(configuration)
    return float(patients.sum()) / max(n, 1), float(others.sum()) / max(configuration.persons - n, 1)


def quota(weights: Floats, total: int) -> Ints:
    """Whole numbers that sum to the total, each cumulative sum within one half of its share."""
    shares = np.cumsum(weights) / weights.sum()
    shares[-1] = 1.0
    return np.diff(np.floor(total * shares + 0.5).astype(np.int64), prepend=0)


def cells(configuration: Configuration) -> Cells:
    """All cells in the order of the slots, patients first."""
    years, *strata = stratum_weights(configuration)
    totals = (n_patients(configuration), configuration.persons - n_patients(configuration))
    sizes = [quota(np.repeat(weights.ravel(), MONTHS), n) for weights, n in zip(strata, totals, strict=True)]
    sex = np.tile(np.repeat(SEXES, len(years) * MONTHS), 2)
    year = np.tile(np.repeat(years, MONTHS), 4)
    month = np.tile(np.arange(1, MONTHS + 1), 4 * len(years))
    both = np.concatenate(sizes)
    return Cells(sex, year, month, both, np.cumsum(both), _sharing((sex * 100 + year % 100) * 100 + month))


def _sharing(group: Ints) -> Ints:
    """Earlier cells of the same group, nearest first."""
    order = np.argsort(group, kind="stable")
    earlier = np.full((len(group), 3), -1, dtype=np.int64)
    for back in (1, 2, 3):
        same = group[order[back:]] == group[order[:-back]]
        earlier[order[back:][same], back - 1] = order[:-back][same]
    return earlier
