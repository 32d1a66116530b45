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
SEED = 5


@pytest.fixture(scope="module")
def register() -> tuple[Births, pl.Series]:
    born = civil_register.births(Configuration(MILLION), SEED, np.arange(MILLION))
    return born, civil_register.nir13(born, np.full(MILLION, OWN), SEED)


def test_million_identities_have_a_million_numbers(register: tuple[Births, pl.Series]) -> None:
    assert register[1].n_unique() == MILLION


def test_numbers_are_well_formed(register: tuple[Births, pl.Series]) -> None:
    assert register[1].str.contains(codes.NIR_PATTERN).all()


def test_number_agrees_with_sex_year_month_and_place(register: tuple[Births, pl.Series]) -> None:
    born, nir = register
    assert np.array_equal(nir.str.slice(0, 1).cast(pl.Int64).to_numpy(), born.sex)
    assert np.array_equal(nir.str.slice(1, 2).cast(pl.Int64).to_numpy(), born.year % 100)
    assert np.array_equal(nir.str.slice(3, 2).cast(pl.Int64).to_numpy(), born.month)
    assert (nir.str.slice(5, 5) == birthplaces(SEED).code.gather(pl.Series(born.place))).all()


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
    same = civil_register.nir13(born, np.full(MILLION, SAME_SEX_TWIN), SEED)
    swapped = Births(3 - born.sex, born.year, born.month, born.place, born.rank)
    other = civil_register.nir13(swapped, np.full(MILLION, OTHER_SEX_TWIN), SEED)
    assert pl.concat([nir, same, other]).n_unique() == 3 * MILLION


def test_hundred_years_apart_share_a_number_space_without_meeting(register: tuple[Births, pl.Series]) -> None:
    born, nir = register
    century = pl.DataFrame({"nir": nir, "year": born.year}).filter(pl.col("year").is_in([1917, 2017]))
    assert century["year"].n_unique() == 2
    assert century["nir"].n_unique() == century.height


def test_corsica_and_overseas_keep_their_codes() -> None:
    code = birthplaces(SEED).code
    rows = [code.to_list().index(place) for place in ("2A004", "97101")]
    born = Births(*(np.array(column) for column in ([1, 2], [1950, 2018], [2, 11], rows, [0, 1])))
    nir = civil_register.nir13(born, np.array([OWN, OWN]), SEED)
    assert nir.str.slice(0, 10).to_list() == ["150022A004", "2181197101"]


def test_numbers_of_a_place_fill_the_room_above_the_bound_and_no_more() -> None:
    bound = int(birthplaces(SEED).bound[0])
    room = (999 - bound) // 3
    every = np.tile(np.arange(room), 3)
    one = np.ones(3 * room, dtype=np.int64)
    born = Births(one, 1980 * one, one, 0 * one, every)
    nir = civil_register.nir13(born, np.repeat([OWN, SAME_SEX_TWIN, OTHER_SEX_TWIN], room), SEED)
    orders = sorted(nir.str.slice(10, 3).cast(pl.Int64))
    assert orders == list(range(999 - 3 * room + 1, 1000))
    assert orders[0] == bound + 1


def test_two_seeds_have_hardly_a_number_in_common(register: tuple[Births, pl.Series]) -> None:
    born = civil_register.births(Configuration(MILLION), SEED + 1, np.arange(MILLION))
    other = civil_register.nir13(born, np.full(MILLION, OWN), SEED + 1)
    # The room of a month and place is about 183 numbers, of which a million persons take one or a few.
    assert register[1].is_in(other.implode()).sum() < 0.02 * MILLION


def test_place_that_runs_out_of_numbers_is_refused() -> None:
    place = np.array([0])
    rank = np.array([(999 - int(birthplaces(SEED).bound[0])) // 3])
    born = Births(np.array([1]), np.array([1980]), np.array([1]), place, rank)
    with pytest.raises(SettingsError, match="fewer --persons"):
        civil_register.nir13(born, np.array([OWN]), SEED)


def test_largest_world_has_numbers_for_every_slot() -> None:
    configuration = Configuration(10_000_000)
    slots = np.arange(0, 10_000_000, 7)
    born = civil_register.births(configuration, SEED, slots)
    assert civil_register.nir13(born, np.full(len(slots), OTHER_SEX_TWIN), SEED).n_unique() == len(slots)
