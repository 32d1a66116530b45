"""The persons of a small world, as the truth tells them."""

from datetime import date

import numpy as np
import polars as pl

from generators.block import Block
from generators.population import population
from generators.world import World
from schema import codes
from schema.configuration import Configuration

MAJORITY = date(1999, 1, 1)  # a person born after it is a minor at the start of 2017


def test_every_person_is_there_once(persons: pl.DataFrame) -> None:
    assert persons["person"].to_list() == list(range(5_000))


def test_third_are_patients_and_only_they_have_a_home_hospital(persons: pl.DataFrame) -> None:
    assert (persons["stratum"] == "patient").sum() == 1_667
    assert ((persons["home_hospital"] > 0) == (persons["stratum"] == "patient")).all()


def test_weights_add_up_to_france(persons: pl.DataFrame) -> None:
    # 66.99 million at the start of 2017 and 2.2 million births.
    assert 68.5e6 < float(persons["sampling_weight"].sum()) < 69.5e6


def test_own_numbers_are_unique_over_blocks(persons: pl.DataFrame) -> None:
    assert persons["own_nir"].n_unique() == 5_000
    assert persons["own_nir"].str.contains(codes.NIR_PATTERN).all()


def test_own_number_agrees_with_the_person(persons: pl.DataFrame) -> None:
    nir = persons["own_nir"]
    assert (nir.str.slice(0, 1).cast(pl.Int64) == persons["sex"]).all()
    assert (nir.str.slice(1, 4) == persons["birth_date"].dt.strftime("%y%m")).all()
    assert (nir.str.slice(5, 5) == persons["birth_place_code"]).all()


def test_nobody_dies_before_birth_or_outside_the_calendar(persons: pl.DataFrame) -> None:
    dead = persons.filter(pl.col("death_date").is_not_null())
    assert dead.height > 30
    assert (dead["death_date"] >= dead["birth_date"]).all()
    assert dead["death_date"].is_between(date(2017, 1, 1), date(2019, 12, 31)).all()
    assert (persons["birth_date"] <= date(2019, 12, 31)).all()


def test_adults_are_insured_under_their_own_number(persons: pl.DataFrame) -> None:
    adults = persons.filter(pl.col("birth_date") < MAJORITY)
    assert (adults["insured_nir"] == adults["own_nir"]).all()
    assert adults["mother"].is_null().all()


def test_most_children_are_insured_under_a_parent(persons: pl.DataFrame) -> None:
    children = persons.filter(pl.col("birth_date") > MAJORITY, pl.col("mother").is_not_null())
    own = persons.select(mother="person", mother_nir="own_nir", mother_household="household", mother_birth="birth_date")
    with_mother = children.join(own, on="mother")
    under_mother = with_mother["insured_nir"] == with_mother["mother_nir"]
    assert (with_mother["insured_nir"] != with_mother["own_nir"]).all()
    # 30 % of children whose mother has a partner, who are about half.
    assert 0.7 < under_mother.mean() < 0.95  # type: ignore[operator]
    fathers = persons.filter(pl.col("sex") == 1)["own_nir"]
    assert with_mother.filter(~under_mother)["insured_nir"].is_in(fathers.to_list()).all()
    assert (with_mother["household"] == with_mother["mother_household"]).all()


def test_mothers_are_women_of_a_mothers_age(persons: pl.DataFrame) -> None:
    mothers = persons.select(mother="person", mother_sex="sex", mother_birth="birth_date", mother_death="death_date")
    pairs = persons.filter(pl.col("mother").is_not_null()).join(mothers, on="mother")
    age = (pairs["birth_date"] - pairs["mother_birth"]).dt.total_days() / 365.25
    assert pairs.height > 500
    assert (pairs["mother_sex"] == 2).all()
    assert age.min() >= 19.99  # type: ignore[operator]
    assert age.max() <= 42.01  # type: ignore[operator]
    assert (pairs["mother_death"].fill_null(date(2100, 1, 1)) >= pairs["birth_date"]).all()


def test_households_live_in_one_place(persons: pl.DataFrame) -> None:
    assert (
        persons.group_by("household")
        .agg(pl.col("residence_commune_code").n_unique())["residence_commune_code"]
        .to_list()
        == [1] * persons["household"].n_unique()
    )


def test_households_do_not_cross_blocks(persons: pl.DataFrame) -> None:
    assert (persons["household"] // 4_096 == persons["person"] // 4_096).all()


def test_twins_share_birth_mother_insured_number_and_home(persons: pl.DataFrame) -> None:
    twins = persons.filter(pl.col("twin").is_not_null())
    pairs = twins.join(persons, left_on="twin", right_on="person", suffix="_2")
    assert pairs.height >= 10
    for column in ("birth_date", "birth_place_code", "residence_commune_code", "birth_name", "stratum"):
        assert (pairs[column] == pairs[f"{column}_2"]).all(), column
    assert pairs["mother"].equals(pairs["mother_2"])
    assert (pairs["twin_2"] == pairs["person"]).all()
    assert (pairs["first_name"] != pairs["first_name_2"]).all()
    assert (pairs["twin_same_sex"] == (pairs["sex"] == pairs["sex_2"])).all()
    insured = pairs.filter(pl.col("mother").is_not_null())
    assert (insured["insured_nir"] == insured["insured_nir_2"]).all()


def test_same_sex_twins_under_one_number_share_a_pseudonym_and_differ_in_rank() -> None:
    people = pl.concat(population(Block(2, Configuration(40_960), block)) for block in range(4))
    second = people.filter(pl.col("BEN_RNG_GEM") == 2)
    assert second.height > 5
    assert (second["twin"] >= 0).all()
    shared = people.filter(people["BEN_NIR_PSA"].is_duplicated())
    assert shared.height == 2 * second.height
    assert people.select("BEN_NIR_PSA", "BEN_RNG_GEM").is_unique().all()
    assert (
        shared.group_by("BEN_NIR_PSA").agg(pl.col("BEN_RNG_GEM").sort())["BEN_RNG_GEM"].to_list()
        == [[1, 2]] * second.height
    )


def test_women_in_a_couple_may_use_the_partners_name(persons: pl.DataFrame) -> None:
    changed = persons.filter(pl.col("used_name") != pl.col("birth_name"))
    assert (changed["sex"] == 2).all()
    women = persons.filter((pl.col("sex") == 2) & (pl.col("birth_date") < date(1992, 1, 1)))
    # 55 % in a couple, 65 % of them, less some who draw the same name.
    assert 0.29 < changed.height / women.height < 0.42


def test_hospitals_meet_the_frail(world: World) -> None:
    people = population(Block(world.seed, Configuration(40_960), 0))
    mean = dict(people.group_by("is_patient").agg(pl.col("frailty").mean()).iter_rows())
    # Mean 1 of a lognormal with log-SD 0.5, and its size-biased mean e^0.25.
    assert abs(mean[False] - 1.0) < 0.04
    assert abs(mean[True] - np.exp(0.25)) < 0.06


def test_births_of_a_month_are_spread_over_its_days() -> None:
    people = population(Block(1, Configuration(40_960), 0))
    day = people["birth"].cast(pl.Int32).cast(pl.Date).dt.day()
    assert set(day.to_list()) == set(range(1, 32))
    assert abs(day.mean() - 15.7) < 0.5  # type: ignore[operator]


def test_short_last_block_holds_the_rest() -> None:
    block = Block(1, Configuration(4_100), 1)
    assert population(block)["person"].to_list() == [4_096, 4_097, 4_098, 4_099]


def test_world_of_one_person_exists() -> None:
    assert population(Block(1, Configuration(1), 0)).height == 1
