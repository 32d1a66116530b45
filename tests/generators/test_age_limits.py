"""Ages at which a kind of stay or a drug occurs, and the rates within them."""

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from generators import age_limits
from generators.days import day_number
from schema import reference

SEXES = ("male", "female")
EDGES = (*reference.AGE_BANDS, 121)


def test_age_counts_completed_years() -> None:
    birth = np.full(4, day_number(date(2005, 3, 15)))
    day = np.array([day_number(date(2018, 3, d)) for d in (14, 15)] + [day_number(date(2019, 3, d)) for d in (14, 15)])
    assert age_limits.age_years(birth, day).tolist() == [12, 13, 13, 14]


def test_both_limits_are_included() -> None:
    bounds = np.array([13, 0]), np.array([50, 120])
    birth = np.array([day_number(date(year, 1, 1)) for year in (2006, 2005, 1967, 1966)])
    day = np.full(4, day_number(date(2018, 6, 1)))
    assert age_limits.within(bounds, np.zeros(4, dtype=np.int64), birth, day).tolist() == [False, True, False, False]
    assert age_limits.every_row(bounds, birth, day).tolist() == [
        [False, True],
        [True, True],
        [False, True],
        [False, True],
    ]
    fifty = np.array([day_number(date(1968, 1, 1))])
    assert age_limits.within(bounds, np.zeros(1, dtype=np.int64), fifty, day[:1]).tolist() == [True]


def test_rate_rises_so_that_the_average_of_its_band_stays() -> None:
    table = pl.DataFrame({"age_min": [13, 0, 0], "age_max": [50, 2, 120]})
    # 13 to 19 are 7 of 20 years, 40 to 50 are 11 of 20, 0 to 2 are 3 of 20.
    assert age_limits.raised(table)[:, 0] == pytest.approx([20 / 7, 1, 20 / 11, 1, 1])
    assert age_limits.raised(table)[:, 1] == pytest.approx([20 / 3, 1, 1, 1, 1])
    assert age_limits.raised(table)[:, 2] == pytest.approx([1, 1, 1, 1, 1])


@pytest.mark.parametrize("name", ["stay_kind", "acute_drug"])
def test_no_rate_is_lost_beyond_the_limits(name: str) -> None:
    for row in reference.read(name).iter_rows(named=True):
        for low, high in pairwise(EDGES):
            if row["age_max"] < low or row["age_min"] >= high:
                assert {row[f"{sex}_{low}"] for sex in SEXES} == {0}, row


def test_pregnancy_lies_between_13_and_50() -> None:
    kinds = reference.read("stay_kind")
    of_pregnancy = kinds["icd10_code"].str.starts_with("O") | kinds["ghm_code"].str.starts_with("14")
    assert of_pregnancy.sum() == 6
    assert set(kinds.filter(of_pregnancy).select("age_min", "age_max").rows()) == {(13, 50)}


def test_drug_that_acute_drug_does_not_name_has_no_limit() -> None:
    low, high = age_limits.drug_limits()
    drugs = reference.read("drug").select("atc_code", low=pl.Series(low), high=pl.Series(high))
    at = {code: (a, b) for code, a, b in drugs.rows()}
    assert at["G03AA07"] == (12, 55)
    assert at["N05BA12"] == at["N05CF01"] == (12, 120)
    assert at["M01AE01"] == (1, 120)
    assert at["M01AH01"] == (15, 120)
    assert at["A02BC01"] == at["N06AB10"] == (0, 120)
    assert len(low) == reference.read("drug").height
