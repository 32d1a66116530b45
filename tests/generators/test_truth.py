"""The sealed truth agrees with itself."""

from datetime import date

import polars as pl

from generators.foin import insured_identity, pseudonyms
from generators.world import World
from schema import reference
from tests.generators.conftest import Read


def test_conditions_are_those_of_living_persons_after_birth(read: Read, persons: pl.DataFrame) -> None:
    truly = read("truth", "condition").join(persons, on="person")
    assert truly.height == read("truth", "condition").height
    assert set(truly["condition"]) == set(reference.read("condition")["condition"])
    assert (truly["onset_date"] >= truly["birth_date"]).all()
    assert (truly["onset_date"] <= truly["death_date"].fill_null(date(2019, 12, 31))).all()


def test_some_conditions_begin_within_the_calendar_and_most_before(read: Read) -> None:
    incident = (read("truth", "condition")["onset_date"] >= date(2017, 1, 1)).mean()
    assert 0.03 < incident < 0.30  # type: ignore[operator]


def test_pseudonym_of_the_truth_is_that_of_the_true_identity(persons: pl.DataFrame, world: World) -> None:
    identity = insured_identity(persons["insured_nir"], persons["birth_date"], persons["sex"])
    assert pseudonyms(world.seed, identity).to_list() == persons["BEN_NIR_PSA"].to_list()


def test_each_stratum_has_one_weight(persons: pl.DataFrame) -> None:
    weights = persons.group_by("stratum").agg(pl.col("sampling_weight").unique()).sort("stratum")
    control, patient = (float(weight[0]) for weight in weights["sampling_weight"])
    assert weights["sampling_weight"].list.len().to_list() == [1, 1]
    # 750,000 patients stand behind 1,667; all others of France behind 3,333.
    assert abs(patient - 750_000 / 1_667) < 0.001
    assert abs(control - 20_500) < 200


def test_households_are_numbered_by_a_member(persons: pl.DataFrame) -> None:
    assert persons["household"].is_in(persons["person"].to_list()).all()
    heads = persons.filter(pl.col("person") == pl.col("household"))
    assert heads.height == persons["household"].n_unique()
