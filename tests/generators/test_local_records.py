"""Local numbers: one person under two, and two persons under one."""

import polars as pl
import pytest

from tests.generators.conftest import Read
from tests.generators.spoiled import Spoiled, four


@pytest.fixture(scope="module")
def here(mistaken: Spoiled) -> pl.DataFrame:
    return four(mistaken.seen)


def test_person_with_two_numbers_has_stays_under_each(here: pl.DataFrame) -> None:
    split = here.filter(pl.col("local_number_fault") == "split")
    places = split.group_by("source", "person").agg(
        pl.col("record").sort(), pl.col("patient_number").n_unique(), pl.col("stays").min()
    )
    assert places.height > 100
    assert places["record"].to_list() == [[1, 2]] * places.height
    assert (places["patient_number"] == 2).all()
    assert (places["stays"] > 0).all()
    assert here.filter(pl.col("local_number_fault") != "split").select("source", "person").is_unique().all()


def test_two_records_of_one_person_are_mistaken_each_in_its_own_way(here: pl.DataFrame) -> None:
    split = here.filter(pl.col("local_number_fault") == "split").with_columns(faulty=pl.col("nir_fault") != "none")
    once = split.group_by("source", "person").agg(pl.col("faulty").sum())["faulty"]
    assert (once == 1).sum() > 10


def test_two_persons_under_one_number_are_of_one_household(here: pl.DataFrame) -> None:
    mixed = here.filter(pl.col("local_number_fault").is_in(["holds_another", "under_anothers"]))
    taken = mixed.filter(pl.col("local_number_fault") == "under_anothers")
    numbers = mixed.group_by("source", "patient_number").agg(
        pl.col("person").n_unique().alias("persons"),
        pl.col("household").n_unique().alias("households"),
        (pl.col("local_number_fault") == "holds_another").sum().alias("holders"),
        pl.struct("insured_nir", "birth_date", "sex", "birth_name", "first_name").n_unique().alias("identities"),
    )
    assert taken.height > 5
    assert (numbers["persons"] >= 2).all()
    assert numbers.select("households", "holders", "identities").unique().rows() == [(1, 1, 1)]


def test_number_stands_for_one_person_where_no_label_says_otherwise(here: pl.DataFrame) -> None:
    single = here.filter(pl.col("local_number_fault").is_in(["none", "split"]))
    assert single.select("source", "patient_number").is_unique().all()
    others = here.join(single, on=["source", "patient_number"], how="anti")
    assert set(others["local_number_fault"]) == {"holds_another", "under_anothers"}


@pytest.mark.parametrize("hospital", ["hospital_1", "hospital_3"])
def test_stays_of_the_person_taken_for_another_lie_under_the_others_number(read: Read, hospital: str) -> None:
    records = read("truth", "identity").filter(pl.col("source") == hospital)
    mixed = records.filter(pl.col("local_number_fault") == "under_anothers")
    patients, encounters = read(hospital, "patient"), read(hospital, "encounter")
    assert patients.select("patient_number").is_unique().all()
    assert set(encounters["patient_number"]) == set(patients["patient_number"]) == set(records["patient_number"])
    for number in mixed["patient_number"].to_list():
        filed = encounters.filter(pl.col("patient_number") == number)
        holder = records.filter(pl.col("patient_number") == number, pl.col("local_number_fault") == "holds_another")
        assert holder.height == 1
        assert filed.height >= 2


def test_some_world_of_these_tests_holds_two_persons_under_one_number(read: Read) -> None:
    records = read("truth", "identity").filter(pl.col("source").is_in(["hospital_1", "hospital_3"]))
    assert (records["local_number_fault"] == "under_anothers").any()
