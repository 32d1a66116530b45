"""What hospitals get wrong, and how the truth tells of it."""

import polars as pl
import pytest

from generators import discharges, faults
from generators.block import Block
from generators.life import lives
from generators.population import population
from schema import codes, reference
from schema.configuration import Configuration
from schema.layout import HOSPITALS
from tests.generators.conftest import Read


@pytest.fixture(scope="module")
def spoiled() -> pl.DataFrame:
    """Records of four blocks with the person's true numbers."""
    frames = []
    for number in range(4):
        block = Block(31, Configuration(40_960), number)
        people = population(block)
        stays = discharges.discharges(people, lives(block, people).events).stays
        true = people.select("position", "BEN_NIR_PSA", true_nir="insured_nir")
        frames.append(faults.records(block, people, stays).join(true, on="position"))
    return pl.concat(frames)


def test_shares_of_faults_are_those_declared(spoiled: pl.DataFrame) -> None:
    share = dict(spoiled["nir_fault"].value_counts(normalize=True).iter_rows())
    assert spoiled.height > 12_000
    assert share["missing"] == pytest.approx(0.02, abs=0.004)
    assert share["mistyped"] == pytest.approx(0.008, abs=0.0025)
    assert share["mistyped_key_valid"] == pytest.approx(0.002, abs=0.0013)


def test_number_without_fault_is_the_true_one_with_its_key(spoiled: pl.DataFrame) -> None:
    right = spoiled.filter(pl.col("nir_fault") == "none")
    assert right.select((codes.valid_nir13(pl.col("insured_nir")) == pl.col("true_nir")).all()).item()
    assert (right["NIR_ANO_17"] == right["BEN_NIR_PSA"]).all()


def test_missing_number_has_no_pseudonym(spoiled: pl.DataFrame) -> None:
    missing = spoiled.filter(pl.col("nir_fault") == "missing")
    assert missing["insured_nir"].null_count() == missing["NIR_ANO_17"].null_count() == missing.height
    assert spoiled["insured_nir"].null_count() == missing.height


def test_mistyped_number_differs_in_one_digit_and_is_well_formed(spoiled: pl.DataFrame) -> None:
    wrong = spoiled.filter(pl.col("nir_fault").str.starts_with("mistyped"))
    differences = sum(
        (wrong["insured_nir"].str.slice(i, 1) != wrong["true_nir"].str.slice(i, 1)).cast(pl.Int64) for i in range(13)
    )
    assert isinstance(differences, pl.Series)
    assert differences.unique().to_list() == [1]
    assert wrong["insured_nir"].str.slice(0, 13).str.contains(codes.NIR_PATTERN).all()


def test_key_finds_a_mistyped_number_unless_it_was_computed_anew(spoiled: pl.DataFrame) -> None:
    checked = spoiled.with_columns(codes.valid_nir13(pl.col("insured_nir")).alias("valid"))
    assert checked.filter(pl.col("nir_fault") == "mistyped")["valid"].is_null().all()
    undetected = checked.filter(pl.col("nir_fault") == "mistyped_key_valid")
    assert undetected["valid"].is_not_null().all()
    assert (undetected["valid"] != undetected["true_nir"]).all()


def test_mistyped_number_makes_a_pseudonym_of_nobody(spoiled: pl.DataFrame) -> None:
    wrong = spoiled.filter(pl.col("nir_fault").str.starts_with("mistyped"))
    assert wrong["NIR_ANO_17"].null_count() == 0
    assert not wrong["NIR_ANO_17"].is_in(spoiled["BEN_NIR_PSA"].to_list()).any()


def test_mistyped_number_stays_above_the_births_of_its_place(spoiled: pl.DataFrame) -> None:
    wrong = spoiled.filter(pl.col("nir_fault").str.starts_with("mistyped"))["insured_nir"]
    communes = reference.read("commune").filter(pl.col("is_birthplace") == 1)
    bound = dict(communes.select("commune_code", "births_per_month_bound").iter_rows())
    limit = wrong.str.slice(5, 5).replace_strict(bound, default=450, return_dtype=pl.Int64)
    assert len(wrong) > 50
    assert (wrong.str.slice(10, 3).cast(pl.Int64) > limit).all()


def test_one_record_a_person_and_hospital(spoiled: pl.DataFrame, read: Read) -> None:
    identity = read("truth", "identity")
    assert identity.select("source", "person").is_unique().all()
    four = identity["source"].is_in(HOSPITALS)
    assert (identity["patient_number"].is_not_null() == four).all()
    assert identity.filter(~four)["source"].str.contains(codes.FINESS_PATTERN).all()
    assert spoiled.height > 0


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_truth_tells_what_the_hospital_recorded(read: Read, hospital: str) -> None:
    truly = read("truth", "identity").filter(pl.col("source") == hospital)
    both = read(hospital, "patient").join(truly, on="patient_number", suffix="_truth")
    assert both.height == truly.height == read(hospital, "patient").height
    assert both["insured_nir"].equals(both["insured_nir_truth"], check_names=False)


def test_hospital_record_and_abstracts_hold_the_same_fault(read: Read, abstracts: pl.DataFrame) -> None:
    finess = reference.read("facility")["legal_finess"][0]
    missing = read("truth", "identity").filter(pl.col("source") == "hospital_1", pl.col("nir_fault") == "missing")
    encounters = read("hospital_1", "encounter").join(missing, on="patient_number")
    unknown = abstracts.filter(pl.col("ETA_NUM") == finess, pl.col("NIR_ANO_17").is_null())
    assert encounters.height == unknown.height > 0
