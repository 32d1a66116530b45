"""The four hospitals' own records, and the abstract that tells of the same stay."""

from datetime import date

import polars as pl
import pytest

from schema import codes, reference
from schema.layout import HOSPITALS
from tests.generators.conftest import Read

FINESS = dict(zip(HOSPITALS, reference.read("facility")["legal_finess"].head(4).to_list(), strict=True))


def stays(read: Read, hospital: str) -> pl.DataFrame:
    """Encounters with the person behind them, null where the number stands for two."""
    of_hospital = read("truth", "identity").filter(pl.col("source") == hospital)
    who = of_hospital.filter(pl.len().over("patient_number") == 1).select("person", "patient_number")
    return (
        read(hospital, "encounter")
        .join(who, on="patient_number", how="left")
        .with_columns(pl.col("entry_time").dt.date().alias("entry"), pl.col("exit_time").dt.date().alias("exit"))
    )


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_every_patient_has_an_encounter_and_every_encounter_a_patient(read: Read, hospital: str) -> None:
    patients, encounters = read(hospital, "patient"), read(hospital, "encounter")
    assert set(patients["patient_number"].to_list()) == set(encounters["patient_number"].to_list())
    assert patients["patient_number"].str.contains(r"^P[0-9]{9}$").all()


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_patients_of_the_stratum_are_those_that_the_hospital_knows(
    read: Read, persons: pl.DataFrame, hospital: str
) -> None:
    known = set(read("truth", "identity").filter(pl.col("source") == hospital)["person"].to_list())
    number = HOSPITALS.index(hospital) + 1
    home = set(persons.filter(pl.col("home_hospital") == number)["person"].to_list())
    assert home <= known
    others = persons.filter(pl.col("person").is_in(list(known - home)))
    # Hospital 1 also sees a third of hospital 2's patients, nobody else has two.
    assert set(others["home_hospital"].to_list()) == ({2} if number == 1 else set())


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_stays_are_those_of_the_abstracts_of_the_hospital(read: Read, abstracts: pl.DataFrame, hospital: str) -> None:
    own = stays(read, hospital)
    told = abstracts.filter(pl.col("ETA_NUM") == FINESS[hospital])
    assert own.height == told.height
    theirs = told.select("EXE_SOI_DTF", "GRG_GHM", "SOR_MOD").sort(pl.all())
    assert own.select("exit", "ghm_code", "exit_mode").sort(pl.all()).rows() == theirs.rows()
    assert sorted(read(hospital, "diagnosis").filter(position="DAS")["icd10_code"].to_list()) == sorted(
        pl.concat(read("snds", f"T_MCO{year}D") for year in (17, 18, 19))
        .filter(pl.col("ETA_NUM") == FINESS[hospital])["ASS_DGN"]
        .to_list()
    )


def test_few_entries_are_of_the_evening_before(read: Read, abstracts: pl.DataFrame) -> None:
    early = total = 0
    for hospital in HOSPITALS:
        own = stays(read, hospital).sort("exit", "ghm_code", "entry")
        told = abstracts.filter(pl.col("ETA_NUM") == FINESS[hospital]).sort("EXE_SOI_DTF", "GRG_GHM", "EXE_SOI_DTD")
        gap = (told["EXE_SOI_DTD"] - own["entry"]).dt.total_days()
        assert set(gap.to_list()) <= {0, 1}
        early, total = early + int(gap.sum()), total + own.height
        evening = own.filter(gap == 1)
        assert (evening["entry_time"].dt.hour() >= 22).all()
    assert 0 < early < 0.03 * total


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_times_are_in_order_and_within_life(read: Read, persons: pl.DataFrame, hospital: str) -> None:
    own = stays(read, hospital).join(persons, on="person")
    assert own.height > 0.98 * read(hospital, "encounter").height
    assert (own["exit_time"] > own["entry_time"]).all()
    assert (own["entry"] >= own["birth_date"]).all()
    assert (own["exit"] <= own["death_date"].fill_null(date(2019, 12, 31))).all()
    assert (own["entry"] >= date(2017, 1, 1)).all()
    assert ((own["exit_mode"] == "9") == (own["exit"] == own["death_date"].fill_null(date(2100, 1, 1)))).all()


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_every_encounter_has_one_principal_diagnosis_and_it_comes_first(read: Read, hospital: str) -> None:
    diagnoses = read(hospital, "diagnosis")
    principal = diagnoses.filter(pl.col("position") == "DP")
    assert sorted(principal["encounter_number"]) == sorted(read(hospital, "encounter")["encounter_number"])
    assert (principal["diagnosis_number"] == 1).all()
    numbered = diagnoses.group_by("encounter_number").agg(
        (pl.col("diagnosis_number").sort() == pl.int_range(1, pl.len() + 1)).all()
    )
    assert numbered["diagnosis_number"].all()


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_procedures_are_done_within_the_stay(read: Read, hospital: str) -> None:
    done = read(hospital, "procedure").join(stays(read, hospital), on="encounter_number")
    assert done.height == read(hospital, "procedure").height > 0
    assert (done["procedure_date"] >= done["entry"]).all()
    assert (done["procedure_date"] <= done["exit"]).all()
    assert done["ccam_code"].str.contains(codes.CCAM_PATTERN).all()


def test_patient_numbers_of_two_hospitals_do_not_tell_who_is_who(read: Read) -> None:
    one, two = (
        read("truth", "identity")
        .filter(pl.col("source") == h, pl.col("record") == 1)
        .select("person", "patient_number")
        for h in ("hospital_1", "hospital_2")
    )
    both = one.join(two, on="person", suffix="_2")
    assert both.height > 10
    assert (both["patient_number"] != both["patient_number_2"]).all()
    order = one.sort("patient_number")["person"]
    assert abs(pl.DataFrame({"a": order, "b": range(order.len())}).select(pl.corr("a", "b")).item()) < 0.1
