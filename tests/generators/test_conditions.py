"""Chronic conditions: prevalence by age and sex, and what is granted for them."""

import numpy as np
import polars as pl
import pytest

from generators import conditions
from generators.block import Block
from generators.days import NEVER, day_number
from schema import reference
from schema.configuration import Configuration

N = 4_096
BLOCK = Block(9, Configuration(N), 0)
ROW = {name: row for row, name in enumerate(reference.read("condition")["condition"])}


def people(sex: int, age: float, frailty: float = 1.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sex": np.full(N, sex),
            "birth": np.full(N, BLOCK.start - round(age * 365.25)),
            "frailty": np.full(N, frailty),
            "first": np.full(N, BLOCK.start),
            "last": np.full(N, BLOCK.end),
        }
    )


@pytest.mark.parametrize(
    ("condition", "sex", "age", "prevalence"),
    [("hypertension", 1, 50, 0.17), ("hypertension", 2, 82, 0.62), ("type_2_diabetes", 1, 67.5, 0.165),
     ("breast_cancer", 2, 82, 0.033), ("asthma_copd", 1, 10, 0.05), ("hypothyroidism", 2, 30, 0.033)],
)  # fmt: skip
def test_prevalence_at_the_middle_of_a_band_is_that_declared(
    condition: str, sex: int, age: float, prevalence: float
) -> None:
    onset = conditions.onset_days(BLOCK, people(sex, age))[:, ROW[condition]]
    share = np.mean(onset <= BLOCK.start)
    assert abs(share - prevalence) < 3.5 * np.sqrt(prevalence * (1 - prevalence) / N)


def test_prevalence_between_bands_is_interpolated() -> None:
    share = np.mean(conditions.onset_days(BLOCK, people(1, 40))[:, ROW["hypertension"]] <= BLOCK.start)
    assert abs(share - (0.012 + 0.17) / 2) < 0.014


def test_prevalence_never_falls_with_age() -> None:
    assert np.all(np.diff(conditions.prevalence(), axis=1) >= 0)


def test_frail_have_more_conditions() -> None:
    plain, frail = (np.mean(conditions.onset_days(BLOCK, people(1, 60, f)) <= BLOCK.start) for f in (1.0, 2.0))
    assert 1.5 < frail / plain < 2.0


def test_no_condition_begins_before_birth_or_after_the_last_day() -> None:
    persons = people(2, 75)
    onset = conditions.onset_days(BLOCK, persons)
    begun = onset[onset < NEVER]
    assert begun.min() >= persons["birth"][0]
    assert begun.max() <= BLOCK.end
    assert np.any(begun > BLOCK.start)


def test_ald_is_granted_after_onset_to_the_share_declared() -> None:
    persons = people(1, 75)
    onset = conditions.onset_days(BLOCK, persons)
    granted = conditions.ald_days(BLOCK, persons, onset)
    held = granted < NEVER
    delay = (granted - onset)[held]
    assert delay.min() >= 0
    begins = day_number(conditions.ALD_BEGINS)
    assert delay[onset[held] >= begins].max() < 90
    assert (granted[held] - begins)[onset[held] < begins].max() < 90
    assert granted.min() >= begins
    diabetic = onset[:, ROW["type_2_diabetes"]] < BLOCK.end - 90
    assert abs(np.mean(held[diabetic, ROW["type_2_diabetes"]]) - 0.85) < 0.05
    assert not held[:, ROW["hypertension"]].any()
