"""Numbers are unique, agree with what they say, and are nobody's."""

import numpy as np
import polars as pl
import pytest

from generators import civil_register
from generators.birthplaces import birthplaces
from generators.civil_register import OTHER_SEX_TWIN, OWN, SAME_SEX_TWIN, Births
from schema import codes, reference
from schema.configuration import Configuration
from schema.errors import SettingsError

MILLION = 1_000_000


@pytest.fixture(scope="module")
def register() -> tuple[Births, pl.Series]:
    born = civil_register.births(Configuration(MILLION), np.arange(MILLION))
    return born, civil_register.nir13(born, np.full(MILLION, OWN))


def test_million_identities_have_a_million_numbers(register: tuple[Births, pl.Series]) -> None:
    assert register[1].n_unique() == MILLION


def test_numbers_are_well_formed(register: tuple[Births, pl.Series]) -> None:
    assert register[1].str.contains(codes.NIR_PATTERN).all()


def test_number_agrees_with_sex_year_month_and_place(register: tuple[Births, pl.Series]) -> None:
    born, nir = register
    assert np.array_equal(nir.str.slice(0, 1).cast(pl.Int64).to_numpy(), born.sex)
    assert np.array_equal(nir.str.slice(1, 2).cast(pl.Int64).to_numpy(), born.year % 100)
    assert np.array_equal(nir.str.slice(3, 2).cast(pl.Int64).to_numpy(), born.month)
    assert (nir.str.slice(5, 5) == birthplaces().code.gather(pl.Series(born.place))).all()


def test_key_is_the_one_that_the_number_needs(register: tuple[Births, pl.Series]) -> None:
    nir15 = civil_register.with_key(register[1])
    checked = pl.DataFrame({"nir": nir15}).select(codes.valid_nir13(pl.col("nir"))).to_series()
    assert (checked == register[1]).all()


def test_no_number_is_at_or_below_the_births_of_its_place(register: tuple[Births, pl.Series]) -> None:
    nir = register[1]
    bound = dict(reference.read("commune").select("commune_code", "births_per_month_bound").iter_rows())
    place = nir.str.slice(5, 5)
    limit = place.replace_strict(bound, default=450, return_dtype=pl.Int64)
    assert (nir.str.slice(10, 3).cast(pl.Int64) > limit).all()


def test_twins_numbers_are_taken_by_nobody(register: tuple[Births, pl.Series]) -> None:
    born, nir = register
    same = civil_register.nir13(born, np.full(MILLION, SAME_SEX_TWIN))
    swapped = Births(3 - born.sex, born.year, born.month, born.place, born.rank)
    other = civil_register.nir13(swapped, np.full(MILLION, OTHER_SEX_TWIN))
    assert pl.concat([nir, same, other]).n_unique() == 3 * MILLION


def test_hundred_years_apart_share_a_number_space_without_meeting(register: tuple[Births, pl.Series]) -> None:
    born, nir = register
    century = pl.DataFrame({"nir": nir, "year": born.year}).filter(pl.col("year").is_in([1917, 2017]))
    assert century["year"].n_unique() == 2
    assert century["nir"].n_unique() == century.height


def test_corsica_and_overseas_keep_their_codes() -> None:
    code = birthplaces().code
    rows = [code.to_list().index(place) for place in ("2A004", "97101")]
    born = Births(*(np.array(column) for column in ([1, 2], [1950, 2018], [2, 11], rows, [0, 1])))
    assert civil_register.nir13(born, np.array([OWN, OWN])).to_list() == ["150022A004999", "2181197101996"]


def test_place_that_runs_out_of_numbers_is_refused() -> None:
    place = np.array([0])
    rank = np.array([(999 - int(birthplaces().bound[0])) // 3])
    born = Births(np.array([1]), np.array([1980]), np.array([1]), place, rank)
    with pytest.raises(SettingsError, match="fewer --persons"):
        civil_register.nir13(born, np.array([OWN]))


def test_largest_world_has_numbers_for_every_slot() -> None:
    configuration = Configuration(10_000_000)
    slots = np.arange(0, 10_000_000, 7)
    born = civil_register.births(configuration, slots)
    assert civil_register.nir13(born, np.full(len(slots), OTHER_SEX_TWIN)).n_unique() == len(slots)
