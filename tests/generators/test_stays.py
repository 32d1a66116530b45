"""Stays: index contacts, deaths, hazard, and no two of one person that touch."""

import numpy as np
import polars as pl
import pytest

from generators import conditions, stays
from generators.age_limits import age_years
from generators.block import Block
from generators.days import NEVER
from generators.population import population
from generators.stays import Stays
from schema import reference
from schema.configuration import Configuration

BLOCK = Block(21, Configuration(40_960), 2)
N = 4_096
KINDS = reference.read("stay_kind")


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return population(BLOCK)


@pytest.fixture(scope="module")
def found(people: pl.DataFrame) -> Stays:
    return stays.stays(BLOCK, people, conditions.onset_days(BLOCK, people))


def test_every_patient_has_a_stay_at_her_home_hospital(people: pl.DataFrame, found: Stays) -> None:
    home = people["home"].to_numpy()
    at_home = found.facility == home[found.position] - 1
    assert np.array_equal(np.unique(found.position[at_home]), np.flatnonzero(home > 0))


def test_second_hospital_is_visited_unless_the_stay_touched_another(people: pl.DataFrame, found: Stays) -> None:
    second = np.flatnonzero(people["second"].to_numpy() > 0)
    at_first = set(found.position[found.facility == 0].tolist())
    assert len(second) > 20
    assert len(set(second.tolist()) & at_first) >= 0.95 * len(second)


def test_controls_and_strangers_are_never_at_the_four(people: pl.DataFrame, found: Stays) -> None:
    home, second = people["home"].to_numpy()[found.position], people["second"].to_numpy()[found.position]
    four = found.facility < 4
    assert np.all((found.facility[four] + 1 == home[four]) | (found.facility[four] + 1 == second[four]))
    assert (home[four] > 0).all()


def test_no_two_stays_of_a_person_touch(found: Stays) -> None:
    same = np.diff(found.position) == 0
    assert same.sum() > 500
    assert np.all(found.entry[1:][same] > found.exit[:-1][same])


def test_stays_lie_within_life_and_calendar(people: pl.DataFrame, found: Stays) -> None:
    assert np.all(found.entry >= people["first"].to_numpy()[found.position])
    assert np.all(found.exit <= people["last"].to_numpy()[found.position])
    assert np.all(found.exit >= found.entry)


def test_somewhat_over_half_of_the_deaths_happen_in_hospital(people: pl.DataFrame, found: Stays) -> None:
    death = people["death"].to_numpy()
    at_death = np.unique(found.position[found.exit == death[found.position]])
    share = len(at_death) / np.sum(death < NEVER)
    assert 0.47 < share < 0.67


def test_stays_of_a_condition_begin_after_it(people: pl.DataFrame, found: Stays) -> None:
    onset = conditions.onset_days(BLOCK, people)
    row = {name: number for number, name in enumerate(conditions.names())}
    needed = np.array([row.get(name, -1) for name in KINDS["condition"].fill_null("")])[found.kind]
    conditional = needed >= 0
    assert conditional.sum() > 50
    assert np.all(onset[found.position[conditional], needed[conditional]] <= found.entry[conditional])


def test_women_alone_give_birth(people: pl.DataFrame, found: Stays) -> None:
    births = KINDS["stay_kind"].str.starts_with("delivery").to_numpy()[found.kind]
    assert births.sum() > 20
    assert set(people["sex"].to_numpy()[found.position[births]].tolist()) == {2}


def test_day_cases_have_no_night_and_others_at_least_one_unless_cut_short(people: pl.DataFrame, found: Stays) -> None:
    day_case = KINDS["mean_los_days"].to_numpy()[found.kind] == 0
    assert np.all(found.exit[day_case] == found.entry[day_case])
    cut = found.exit == people["last"].to_numpy()[found.position]
    assert np.all((found.exit > found.entry)[~day_case & ~cut])


def test_column_is_drawn_by_the_weights_of_its_row() -> None:
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    rows = np.array([0, 0, 1, 1, 0])
    assert stays.choose(weights, rows, np.array([0.1, 0.3, 0.0, 0.999, 0.999])).tolist() == [0, 2, 1, 1, 2]


def test_the_earlier_of_two_touching_stays_is_kept_and_frees_the_next() -> None:
    entry, leaves = np.array([10, 15, 21, 5, 30]), np.array([20, 25, 28, 9, 30])
    many = Stays(np.zeros(5, dtype=np.int64), np.arange(5), np.zeros(5, dtype=np.int64), entry, leaves)
    kept = stays._one_after_another(many)
    assert kept.entry.tolist() == [5, 10, 21, 30]


def test_long_stay_drops_all_that_fall_into_it() -> None:
    entry, leaves = np.array([1, 5, 15, 101]), np.array([100, 6, 16, 102])
    many = Stays(np.zeros(4, dtype=np.int64), np.arange(4), np.zeros(4, dtype=np.int64), entry, leaves)
    assert stays._one_after_another(many).entry.tolist() == [1, 101]


def test_coded_conditions_began_before_the_stay_and_do_not_repeat_its_own(people: pl.DataFrame, found: Stays) -> None:
    onset = conditions.onset_days(BLOCK, people)
    coded = stays.diagnosis_events(BLOCK, found, onset)
    assert len(coded.day) > 500
    assert np.all(onset[coded.position, coded.code] <= coded.day)
    key = {
        (p, e): k for p, e, k in zip(found.position.tolist(), found.entry.tolist(), found.kind.tolist(), strict=True)
    }
    codes = reference.read("condition")["icd10_code"]
    own = [KINDS["icd10_code"][key[p, d]] for p, d in zip(coded.position.tolist(), coded.day.tolist(), strict=True)]
    assert all(code != codes[row] for code, row in zip(own, coded.code.tolist(), strict=True))


def age(people: pl.DataFrame, found: Stays) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return age_years(people["birth"].to_numpy()[found.position], found.entry)


def test_every_stay_is_of_a_kind_for_her_age_at_entry(people: pl.DataFrame, found: Stays) -> None:
    years = age(people, found)
    assert np.all(years >= KINDS["age_min"].to_numpy()[found.kind])
    assert np.all(years <= KINDS["age_max"].to_numpy()[found.kind])
    children = KINDS["stay_kind"].is_in(["bronchiolitis", "fever_and_viral_infection_child"]).to_numpy()[found.kind]
    assert children.sum() > 20
    assert years[children].max() <= 17


def test_index_stays_of_the_youngest_are_never_for_adults() -> None:
    babies = pl.DataFrame(
        {
            "birth": np.full(N, BLOCK.start), "first": np.full(N, BLOCK.start), "last": np.full(N, BLOCK.start + 300),
            "death": np.full(N, BLOCK.start + 300),
        }
    )  # fmt: skip
    mean = np.ones((N, KINDS.height))
    index = stays._index(BLOCK, "index stay", babies, mean, np.ones(N, dtype=np.int64))
    assert set(KINDS["age_min"].to_numpy()[index.kind].tolist()) == {0}
    assert len(np.unique(index.kind)) > 40


def test_no_two_deliveries_of_a_woman_are_nearer_than_a_pregnancy(people: pl.DataFrame) -> None:
    # Fifty times as many as in life: pairs would be everywhere.
    many = people.with_columns(sex=pl.lit(2), birth=pl.lit(BLOCK.start - 27 * 365), frailty=pl.lit(50.0))
    found = stays.stays(BLOCK, many, np.full((len(people), len(conditions.names())), NEVER))
    births = found.where(KINDS["stay_kind"].str.starts_with("delivery").to_numpy()[found.kind])
    gap = np.diff(births.entry)[np.diff(births.position) == 0]
    assert len(gap) > 1_000
    assert gap.min() >= 280


def test_delivery_too_near_to_a_certain_one_is_dropped_and_other_stays_are_not() -> None:
    delivery, other = (KINDS["stay_kind"].to_list().index(name) for name in ("delivery_vaginal", "concussion"))
    day = np.array([100, 101, 720, 780, 1_000])
    kind = np.array([delivery, other, delivery, delivery, delivery])
    found = Stays(np.zeros(5, dtype=np.int64), kind, np.zeros(5, dtype=np.int64), day, day + 3)
    one = np.array([0])
    certain = Stays(one, np.array([delivery]), one, np.array([370]), np.array([373]))
    # 100 is 270 days before the certain one, 780 is 60 after 720, 1,000 is exactly 280 after it.
    assert stays._births_apart(found, [certain], 1).entry.tolist() == [101, 720, 1_000]


def test_other_stays_are_thinned_beyond_the_limits_and_untouched_within() -> None:
    ages = np.arange(N) % 17 + 1.0  # in the middle of three years: 2.5 to 18.5
    girls = pl.DataFrame(
        {
            "sex": np.full(N, 2), "birth": BLOCK.start - np.floor(ages * 365.25).astype(np.int64),
            "first": np.full(N, BLOCK.start), "last": np.full(N, BLOCK.end), "home": np.zeros(N, dtype=np.int64),
            "second": np.zeros(N, dtype=np.int64), "is_patient": np.zeros(N, dtype=np.bool_),
            "commune": np.zeros(N, dtype=np.int64),
        }
    )  # fmt: skip
    pregnancy = KINDS["stay_kind"].to_list().index("postpartum_and_antepartum")
    mean = np.zeros((N, KINDS.height))
    mean[:, pregnancy] = 3.0
    drawn = stays._hazard(BLOCK, girls, mean)
    years = age_years(girls["birth"].to_numpy()[drawn.position], drawn.entry)
    assert years.min() == 13
    # One event a person and year, in each year of age alike.
    assert np.sum(years == 15) == pytest.approx(np.sum(years == 14), rel=0.12)
