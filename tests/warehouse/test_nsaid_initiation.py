"""The first question, on a star made for it: 100 men of 1950 and 40 women of 1980, observed 2017 to 2019."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schema.layout import Workspace
from tests.warehouse.ascii_table import frame, lines
from tests.warehouse.star import days, write_star
from warehouse import codelists, open_warehouse
from warehouse.report import study_page
from warehouse.store.duckdb import load_star
from warehouse.studies.nsaid_initiation import (
    NsaidInitiation,
    bleeding_line,
    count_followed,
    find_bleedings,
    find_dispensings,
    nsaid_initiation,
)

FIRST_DAY = date(2017, 1, 1)
FIRST_AT_RISK = days(FIRST_DAY, 365)
DRUGS: list[dict[str, Any]] = [
    {"drug_key": 1, "atc_code": "M01AE01"},
    {"drug_key": 2, "atc_code": "N02BE01"},
    {"drug_key": 3, "atc_code": None},
]
DIAGNOSES: list[dict[str, Any]] = [
    {"diagnosis_key": 1, "icd10_code": "K922"},
    {"diagnosis_key": 2, "icd10_code": "I10"},
]


def person(key: int, sex: int, birth_month: date) -> dict[str, Any]:
    return {"patient_key": key, "sex_code": sex, "birth_month_date": birth_month}


def study_star(root: Path, n_initiating_men: int, n_bleeding_men: int) -> Workspace:
    """Men 1 to n start an NSAID on their first day at risk; the first of them bleed 365 days later."""
    men = [person(k, 1, date(1950, 1, 1)) for k in range(1, 101)]
    women = [person(k, 2, date(1980, 1, 1)) for k in range(101, 141)]
    everyone = range(1, 141)
    workspace = write_star(
        root,
        {
            "dim_patient": [{"patient_key": 0, "linkage": "unknown"}, *men, *women],
            "dim_drug": DRUGS,
            "dim_diagnosis": DIAGNOSES,
            "fact_observation_period": [
                {"patient_key": k, "period_number": 1, "start_date": FIRST_DAY, "end_date": date(2019, 12, 31)}
                for k in everyone
            ],
            "fact_drug_dispensing": [
                {"patient_key": k, "drug_key": drug, "dispensing_date": FIRST_AT_RISK, "dispensing_number": drug}
                for k in everyone
                for drug in (1, 2)
                if drug == 2 or k <= n_initiating_men
            ],
            "fact_hospital_stay": [
                {
                    "patient_key": k,
                    "entry_date": days(FIRST_AT_RISK, 365),
                    "exit_date": days(FIRST_AT_RISK, 366),
                    "principal_diagnosis_key": 1 if k <= n_bleeding_men else 2,
                }
                for k in range(1, 101)
            ],
        },
        n_parts=3,
    )
    load_star(workspace.star, workspace.warehouse)
    return workspace


def answer(root: Path, n_initiating_men: int, n_bleeding_men: int) -> NsaidInitiation:
    with open_warehouse(study_star(root, n_initiating_men, n_bleeding_men).root) as warehouse:
        return nsaid_initiation(warehouse)


def test_the_answer_where_counts_are_large_is_shown(tmp_path: Path) -> None:
    found = answer(tmp_path / "w", 50, 20)
    men = found.rates.row(by_predicate=(pl.col("sex") == "male") & (pl.col("age_band") == "60–74"), named=True)
    # 2018-01-01 to 2019-12-31 is 730 days for the 50 men who never start; the 50 who start are at risk on the first
    # day, then not for 365: 730 − 365 = 365 days.
    years = (50 * 730 + 50 * 365) / 365.25
    assert (men["n_persons"], men["n_events"], men["is_withheld"]) == (100, 50, False)
    assert men["person_years"] == pytest.approx(years)
    assert men["incidence_rate_per_1000_py"] == pytest.approx(50 / years * 1_000)
    # 20 bleedings in 140 persons: 100 / 20 × 140 = 700, to the thousand above.
    assert found.bleeding.row(0) == (50, 20, False, "the shown count", 1_000, 0)


def test_a_small_count_of_bleedings_is_withheld_and_does_not_size_the_question(tmp_path: Path) -> None:
    few, fewer = answer(tmp_path / "few", 50, 10), answer(tmp_path / "fewer", 50, 3)
    # 50 initiators × 110 per 100,000 × 365 / 365.25 years = 0.05496; 100 / 0.05496 × 140 = 254,720.
    expected = (50, None, True, "an assumed rate of 110 per 100,000 person-years", 255_000, 0)
    assert few.bleeding.row(0) == expected
    assert fewer.bleeding.equals(few.bleeding)
    assert study_page(fewer) == study_page(few)


def test_few_initiators_are_withheld_with_all_that_rests_on_them(tmp_path: Path) -> None:
    found = answer(tmp_path / "w", 10, 0)
    assert found.bleeding.row(0) == (None, None, True, "an assumed rate of 110 per 100,000 person-years", None, 0)
    men = found.rates.filter((pl.col("sex") == "male") & (pl.col("age_band") == "60–74"))
    assert men["n_events"].item() is None
    assert men["person_years"].item() is None
    assert found.rates.filter((pl.col("sex") == "all") & (pl.col("age_band") == "all"))["n_events"].item() is None


def test_no_bleeding_is_shown_as_none_and_the_assumed_rate_sizes_the_question(tmp_path: Path) -> None:
    assert answer(tmp_path / "w", 50, 0).bleeding.row(0)[:3] == (50, 0, False)


def test_the_page_names_what_is_withheld_and_that_all_is_synthetic(tmp_path: Path) -> None:
    page = study_page(answer(tmp_path / "w", 50, 3))
    assert "Persons who initiated: 50" in page
    assert "In hospital for gastro-intestinal bleeding within 365 days: withheld" in page
    assert "Persons a warehouse needs for 100 such bleedings: 255,000" in page
    assert "All data are synthetic" in page


def test_persons_needed_are_rounded_up_to_the_thousand() -> None:
    found = bleeding_line(n_persons=10_000, n_initiators=2_978, n_initiations=3_000, n_bleedings=3, n_left_out=4)
    # 2,978 × 0.0011 × 365 / 365.25 = 3.27356; 100 / 3.27356 × 10,000 = 305,478.
    assert found["n_persons_needed"].item() == 306_000
    assert found["n_left_out"].item() is None
    shown = bleeding_line(n_persons=50_000, n_initiators=15_000, n_initiations=15_000, n_bleedings=20, n_left_out=0)
    assert shown["n_persons_needed"].item() == 250_000  # 100 / 20 × 50,000, no thousand more


def test_initiators_are_withheld_where_initiations_less_persons_is_a_small_count() -> None:
    # 60 initiations stand in the table of rates: 60 − 57 = 3 persons at most started twice.
    found = bleeding_line(n_persons=1_000, n_initiators=57, n_initiations=60, n_bleedings=12, n_left_out=11)
    assert found.row(0) == (None, 12, False, "the shown count", 9_000, 11)  # 100 / 12 × 1,000 = 8,333


def test_dispensings_are_those_of_m01a_by_code_and_no_other() -> None:
    drugs = frame("drug_key | atc_code\n1 | M01AE01\n2 | M01BA01\n3 | M02AA10\n4 | \n5 | M01AH01", drug_key=pl.Int32)
    dispensed = frame(
        """
        patient_key | drug_key | dispensing_date
        1           | 1        | 2018-01-01
        1           | 2        | 2018-01-02
        1           | 3        | 2018-01-03
        1           | 4        | 2018-01-04
        2           | 5        | 2018-01-05
        """,
        drug_key=pl.Int32,
        dispensing_date=pl.Date,
    )
    assert lines(find_dispensings(dispensed, drugs).collect()) == ["1 | 2018-01-01", "2 | 2018-01-05"]


def test_bleedings_are_told_by_the_principal_diagnosis_with_its_extensions() -> None:
    diagnoses = frame(
        "diagnosis_key | icd10_code\n0 | \n1 | K922\n2 | K2500\n3 | K251\n4 | K299\n5 | K290\n6 | ZK922",
        diagnosis_key=pl.Int32,
    )
    stays = frame(
        """
        patient_key | principal_diagnosis_key | entry_date | ghm_code | entry_mode | exit_mode
        1           | 0                       | 2018-01-01 | 06M042   | 8          | 8
        2           | 1                       | 2018-01-02 | 06M042   | 8          | 8
        3           | 2                       | 2018-01-03 |          | 8          | 9
        4           | 3                       | 2018-01-04 | 06M042   | 8          | 8
        5           | 4                       | 2018-01-05 | 06M042   | 8          | 8
        6           | 5                       | 2018-01-06 | 06M042   | 7          | 8
        7           | 6                       | 2018-01-07 | 06M042   | 8          | 8
        """,
        principal_diagnosis_key=pl.Int32,
        entry_date=pl.Date,
    )
    found = find_bleedings(stays, diagnoses).collect()
    assert lines(found) == ["2 | 2018-01-02", "3 | 2018-01-03", "6 | 2018-01-06"]


def test_grouping_errors_and_services_for_another_hospital_are_no_bleedings() -> None:
    diagnoses = frame("diagnosis_key | icd10_code\n1 | K922", diagnosis_key=pl.Int32)
    stays = frame(
        """
        patient_key | principal_diagnosis_key | entry_date | ghm_code | entry_mode | exit_mode
        1           | 1                       | 2018-01-01 | 90Z00Z   | 8          | 8
        2           | 1                       | 2018-01-02 | 06M042   | 0          | 8
        3           | 1                       | 2018-01-03 | 06M042   | 8          | 0
        4           | 1                       | 2018-01-04 | 06M042   | 8          | 8
        """,
        principal_diagnosis_key=pl.Int32,
        entry_date=pl.Date,
    )
    assert lines(find_bleedings(stays, diagnoses).collect()) == ["4 | 2018-01-04"]


@pytest.mark.parametrize(
    ("entry", "counted"),
    [("2018-01-01", 0), ("2018-01-02", 1), ("2019-01-01", 1), ("2019-01-02", 0), ("2017-12-31", 0)],
)
def test_follow_up_is_the_365_days_after_the_day_of_initiation(entry: str, counted: int) -> None:
    started = pl.DataFrame(
        {"patient_key": [1], "event_date": [date(2018, 1, 1)]}, schema_overrides={"patient_key": pl.Int32}
    )
    stays = frame(f"patient_key | entry_date\n1 | {entry}", patient_key=pl.Int32, entry_date=pl.Date)
    assert count_followed(started, stays) == counted


def test_a_person_with_two_bleedings_or_two_initiations_counts_once() -> None:
    starts = {"patient_key": [1, 1], "event_date": [date(2018, 1, 1), date(2018, 6, 1)]}
    started = pl.DataFrame(starts, schema_overrides={"patient_key": pl.Int32})
    stays = frame(
        "patient_key | entry_date\n1 | 2018-07-01\n1 | 2018-08-01\n2 | 2018-07-01",
        patient_key=pl.Int32,
        entry_date=pl.Date,
    )
    assert count_followed(started, stays) == 1


def test_every_code_of_the_list_is_an_icd10_code_with_a_label_and_the_list_a_source() -> None:
    codes = codelists.read("gastro_intestinal_bleeding")
    assert codes["icd10_code"].to_list() == [
        *(f"K{ulcer}{kind}" for ulcer in (25, 26, 27, 28) for kind in (0, 2, 4, 6)),
        "K290",
        "K920",
        "K921",
        "K922",
    ]
    assert codes["label"].null_count() == 0
    assert codelists.source("gastro_intestinal_bleeding").startswith("WHO, ICD-10")
