"""Cells of birth reproduce France once weighted, whatever the sample."""

import numpy as np
import polars as pl
import pytest

from generators import birth_cells
from schema import reference
from schema.configuration import Configuration

DEFAULT = Configuration(30_000)


def test_quotas_sum_to_the_total_and_follow_the_weights() -> None:
    assert birth_cells.quota(np.array([1.0, 1.0, 2.0]), 8).tolist() == [2, 2, 4]
    assert birth_cells.quota(np.array([1.0, 1.0, 1.0]), 1).tolist() == [0, 1, 0]
    sizes = birth_cells.quota(np.linspace(1, 5, 1_000), 777)
    assert sizes.sum() == 777
    assert sizes.min() == 0


def test_one_person_in_three_is_a_patient() -> None:
    assert birth_cells.n_patients(Configuration(9_000)) == 3_000
    cells = birth_cells.cells(Configuration(9_000))
    half = len(cells.sizes) // 2
    assert cells.sizes[:half].sum() == 3_000
    assert cells.sizes[half:].sum() == 6_000


def test_france_is_everyone_there_at_the_start_and_born_since() -> None:
    years, people = birth_cells.france(DEFAULT)
    table = reference.read("population")
    at_start = table.filter(pl.col("year") == 2017)["population"].sum()
    born = table.filter((pl.col("age") == 0) & pl.col("year").is_in([2018, 2019, 2020]))["population"].sum()
    assert people.sum() == pytest.approx(float(at_start) + float(born), rel=1e-12)
    assert years[0] == 1910
    assert years[-1] == 2019


def test_centenarians_are_spread_over_earlier_years_of_birth() -> None:
    years, people = birth_cells.france(DEFAULT)
    oldest = people[1, years <= 1917]
    assert np.all(np.diff(oldest) > 0)
    table = reference.read("population").filter((pl.col("year") == 2017) & (pl.col("sex") == 2) & (pl.col("age") == 99))
    assert oldest.sum() == pytest.approx(table["population"].item())


def test_both_strata_weighted_give_france_by_sex_and_year_of_birth() -> None:
    configuration = Configuration(300_000)
    cells = birth_cells.cells(configuration)
    patient, control = birth_cells.sampling_weights(configuration)
    half = len(cells.sizes) // 2
    weighted = cells.sizes * np.repeat([patient, control], half)
    years, people = birth_cells.france(configuration)
    for sex in (1, 2):
        for year in (1935, 1950, 1975, 2000, 2018):
            mine = weighted[(cells.sex == sex) & (cells.year == year)].sum()
            # A quota is right to within one person of each stratum.
            assert abs(mine - people[sex - 1, years == year].item()) <= patient + control


def test_weights_do_not_depend_on_how_many_controls_a_patient_has() -> None:
    patient, control = birth_cells.sampling_weights(DEFAULT)
    # 750,000 patients in three years stand behind 10,000.
    assert patient == pytest.approx(75.0)
    assert control * 20_000 + 750_000 == pytest.approx(birth_cells.france(DEFAULT)[1].sum())


def test_patients_are_older_than_controls() -> None:
    cells = birth_cells.cells(DEFAULT)
    half = len(cells.sizes) // 2
    age = 2017 - cells.year
    patient = np.average(age[:half], weights=cells.sizes[:half])
    control = np.average(age[half:], weights=cells.sizes[half:])
    assert patient > control + 3


def test_cells_that_share_their_numbers_know_the_earlier_ones() -> None:
    cells = birth_cells.cells(DEFAULT)
    group = np.stack([cells.sex, cells.year % 100, cells.month])
    for column in cells.sharing.T:
        cell = np.flatnonzero(column >= 0)
        assert np.array_equal(group[:, cell], group[:, column[cell]])
        assert np.all(column[cell] < cell)
    # 1917 and 2017, patients and controls: the last of the four has three before it.
    january = np.flatnonzero((cells.sex == 1) & (cells.year % 100 == 17) & (cells.month == 1))
    assert len(january) == 4
    assert (cells.sharing[january[-1]] >= 0).sum() == 3


@pytest.mark.parametrize("last", [2010, 2019])
def test_calendars_at_either_end_have_births_to_draw(last: int) -> None:
    years, people = birth_cells.france(Configuration(10, first_year=last, years=1))
    assert years[-1] == last
    assert people[:, -1].min() > 300_000
