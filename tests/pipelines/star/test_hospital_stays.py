"""One stay, two witnesses: hospital records and discharge abstracts become one row where they tell of one stay."""

import polars as pl
import pytest

from pipelines.ledger import Ledger
from pipelines.star import fact_hospital_stay
from pipelines.star.check import conform
from pipelines.star.fact_hospital_stay import one_to_one
from schema.star import TABLES
from tests.pipelines.tables import bucket, cells, fates, shown

ABSTRACT = """
    exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
    2018      | FINESS001 | r1      | 2018-03-01  | 2018-03-05
"""
GROUPED = """
    exit_year | ETA_NUM   | RSA_NUM | DGN_PAL | DGN_REL | GRG_GHM | ENT_MOD | SOR_MOD
    2018      | FINESS001 | r1      | I10     |         | 05M091  | 8       | 8
"""
RECORD = """
    source     | encounter_number | entry_time       | exit_time        | entry_mode | exit_mode | ghm_code
    hospital_1 | e1               | 2018-03-01 10:00 | 2018-03-05 09:00 | 7          | 9         | 99Z99Z
"""
CODED = """
    source     | encounter_number | diagnosis_number | position | icd10_code
    hospital_1 | e1               | 1                | DP       | E119
"""


def stays(ledger: Ledger | None = None, /, **texts: str) -> pl.DataFrame:
    """The fact as it would be written; hospital records have a principal diagnosis where `diagnosis` gives one."""
    given = bucket(**texts)
    built = fact_hospital_stay.build(given, fact_hospital_stay.pair(given, ledger or Ledger()))
    return conform(built, TABLES["fact_hospital_stay"])


def seen(frame: pl.DataFrame, expected: str) -> None:
    assert shown(frame, expected) == cells(expected)


def days(entry: str, exit_: str) -> str:
    """The record of hospital 1 with other dates."""
    return RECORD.replace("2018-03-01", entry).replace("2018-03-05", exit_)


def test_record_and_abstract_of_one_stay_are_one_row_and_the_abstract_stands() -> None:
    seen(
        stays(T_MCOaaC=ABSTRACT, T_MCOaaB=GROUPED, encounter=RECORD, diagnosis=CODED),
        """
        stay_number | facility_key | entry_date | exit_date  | length_of_stay_nights | principal_diagnosis_key | ghm_code | entry_mode | exit_mode | is_in_pmsi | is_in_hospital_record
        1           | 1            | 2018-03-01 | 2018-03-05 | 4                     | 10                      | 05M091   | 8          | 8         | true       | true
        """,  # noqa: E501
    )


@pytest.mark.parametrize(
    ("entry", "exit_", "rows"),
    [
        ("2018-03-01", "2018-03-05", 1),
        ("2018-02-28", "2018-03-05", 1),
        ("2018-03-02", "2018-03-05", 1),
        ("2018-03-01", "2018-03-04", 1),
        ("2018-03-02", "2018-03-06", 1),
        ("2018-02-28", "2018-03-06", 1),
        ("2018-02-27", "2018-03-05", 2),
        ("2018-03-03", "2018-03-05", 2),
        ("2018-03-01", "2018-03-07", 2),
        ("2018-03-01", "2018-03-03", 2),
    ],
)
def test_dates_may_differ_by_one_day_and_no_more(entry: str, exit_: str, rows: int) -> None:
    found = stays(T_MCOaaC=ABSTRACT, T_MCOaaB=GROUPED, encounter=days(entry, exit_))
    assert found.height == rows
    assert found.filter("is_in_pmsi")["entry_date"].cast(pl.String).to_list() == ["2018-03-01"]


def test_night_admission_a_day_apart_keeps_the_abstracts_dates() -> None:
    seen(
        stays(T_MCOaaC=ABSTRACT, T_MCOaaB=GROUPED, encounter=days("2018-02-28", "2018-03-05")),
        """
        entry_date | exit_date  | length_of_stay_nights | is_in_pmsi | is_in_hospital_record
        2018-03-01 | 2018-03-05 | 4                     | true       | true
        """,
    )


@pytest.mark.parametrize("record", ["another hospital", "another person"])
def test_stays_of_another_hospital_or_person_are_not_paired(record: str) -> None:
    other = RECORD.replace("hospital_1", "hospital_2") if record == "another hospital" else _of_patient_2(RECORD)
    seen(
        stays(T_MCOaaC=ABSTRACT, T_MCOaaB=GROUPED, encounter=other),
        """
        is_in_pmsi | is_in_hospital_record
        true       | false
        false      | true
        """,
    )


def _of_patient_2(text: str) -> str:
    header, *rows = text.strip().splitlines()
    return "\n".join([f"patient_key | {header}", *(f"2 | {row}" for row in rows)])


def test_abstract_of_a_hospital_outside_the_four_is_a_stay_of_its_own() -> None:
    seen(
        stays(
            T_MCOaaC=ABSTRACT.replace("FINESS001", "FINESS009"),
            T_MCOaaB=GROUPED.replace("FINESS001", "FINESS009"),
            encounter=RECORD,
        ),
        """
        facility_key | is_in_pmsi | is_in_hospital_record
        1            | false      | true
        9            | true       | false
        """,
    )


def test_record_without_an_abstract_tells_the_stay_itself() -> None:
    seen(
        stays(encounter=RECORD, diagnosis=CODED),
        """
        stay_number | facility_key | entry_date | exit_date  | principal_diagnosis_key | ghm_code | entry_mode | exit_mode | is_in_pmsi | is_in_hospital_record
        1           | 1            | 2018-03-01 | 2018-03-05 | 11                      | 99Z99Z   | 7          | 9         | false      | true
        """,  # noqa: E501
    )


def test_record_without_a_principal_diagnosis_has_the_unknown_one() -> None:
    found = stays(encounter=RECORD, diagnosis=CODED.replace("DP", "DAS"))
    assert found["principal_diagnosis_key"].to_list() == [0]


def test_first_principal_diagnosis_of_a_record_stands() -> None:
    found = stays(
        encounter=RECORD,
        diagnosis="""
        source     | encounter_number | diagnosis_number | position | icd10_code
        hospital_1 | e1               | 3                | DP       | K250
        hospital_1 | e1               | 2                | DP       | I10
        hospital_1 | e1               | 1                | DAS      | E119
        hospital_2 | e1               | 1                | DP       | Z511
        """,
    )
    assert found["principal_diagnosis_key"].to_list() == [10]


def test_one_record_is_paired_with_one_abstract_the_nearest() -> None:
    seen(
        stays(
            T_MCOaaC="""
            exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
            2018      | FINESS001 | r1      | 2018-03-01  | 2018-03-05
            2018      | FINESS001 | r2      | 2018-03-02  | 2018-03-05
            """,
            T_MCOaaB="""
            exit_year | ETA_NUM   | RSA_NUM | DGN_PAL
            2018      | FINESS001 | r1      | I10
            2018      | FINESS001 | r2      | E119
            """,
            encounter=days("2018-03-02", "2018-03-05"),
        ),
        """
        stay_number | entry_date | principal_diagnosis_key | is_in_hospital_record
        1           | 2018-03-01 | 10                      | false
        2           | 2018-03-02 | 11                      | true
        """,
    )


def test_two_day_cases_of_one_day_are_paired_two_by_two() -> None:
    found = stays(
        T_MCOaaC="""
        exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
        2018      | FINESS001 | r1      | 2018-03-01  | 2018-03-01
        2018      | FINESS001 | r2      | 2018-03-01  | 2018-03-01
        """,
        T_MCOaaB="""
        exit_year | ETA_NUM   | RSA_NUM | DGN_PAL
        2018      | FINESS001 | r1      | I10
        2018      | FINESS001 | r2      | I10
        """,
        encounter="""
        source     | encounter_number | entry_time       | exit_time
        hospital_1 | e1               | 2018-03-01 08:00 | 2018-03-01 12:00
        hospital_1 | e2               | 2018-03-01 13:00 | 2018-03-01 18:00
        hospital_1 | e3               | 2018-03-01 19:00 | 2018-03-01 20:00
        """,
    )
    witnesses = found.select("is_in_pmsi", "is_in_hospital_record").rows()
    assert sorted(witnesses) == [(False, True), (True, True), (True, True)]
    assert found["stay_number"].to_list() == [1, 2, 3]
    assert found["length_of_stay_nights"].to_list() == [0, 0, 0]


def test_same_abstract_number_in_two_years_or_hospitals_is_two_stays() -> None:
    seen(
        stays(
            T_MCOaaC="""
            exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
            2018      | FINESS001 | r1      | 2018-03-01  | 2018-03-05
            2019      | FINESS001 | r1      | 2019-03-01  | 2019-03-05
            2018      | FINESS002 | r1      | 2018-05-01  | 2018-05-05
            """,
            T_MCOaaB="""
            exit_year | ETA_NUM   | RSA_NUM | DGN_PAL
            2018      | FINESS001 | r1      | I10
            2019      | FINESS001 | r1      | E119
            2018      | FINESS002 | r1      | K250
            """,
        ),
        """
        stay_number | entry_date | principal_diagnosis_key
        1           | 2018-03-01 | 10
        2           | 2018-05-01 | 25
        3           | 2019-03-01 | 11
        """,
    )


def test_stays_are_numbered_from_one_by_entry_date_within_each_person() -> None:
    found = stays(
        encounter="""
        patient_key | source     | encounter_number | entry_time       | exit_time
        2           | hospital_1 | a                | 2018-09-01 08:00 | 2018-09-02 12:00
        1           | hospital_1 | b                | 2018-05-01 08:00 | 2018-05-01 12:00
        1           | hospital_2 | c                | 2018-01-01 08:00 | 2018-01-03 12:00
        2           | hospital_2 | d                | 2018-02-01 08:00 | 2018-02-01 12:00
        """,
    )
    assert found.select("patient_key", "stay_number", "facility_key").rows() == [
        (1, 1, 2),
        (1, 2, 1),
        (2, 1, 2),
        (2, 2, 1),
    ]


def test_ledger_follows_every_row_of_both_witnesses() -> None:
    ledger = Ledger()
    stays(
        ledger,
        T_MCOaaC=ABSTRACT + "    2018      | FINESS001 | r9      | 2018-08-01  | 2018-08-05\n",
        T_MCOaaB=GROUPED,
        encounter=RECORD,
    )
    assert fates(ledger, "T_MCOaaC") == {"kept fact_hospital_stay": 1, "filtered no_abstract": 1}
    assert fates(ledger, "T_MCOaaB") == {"kept fact_hospital_stay": 1}
    assert fates(ledger, "encounter") == {"merged fact_hospital_stay": 1}


@pytest.mark.parametrize("seed", range(5))
def test_pairs_do_not_depend_on_the_order_of_rows(seed: int) -> None:
    candidates = pl.DataFrame(
        {
            "exit_year": [2018] * 4,
            "ETA_NUM": ["F"] * 4,
            "RSA_NUM": ["r1", "r1", "r2", "r2"],
            "source": ["hospital_1"] * 4,
            "encounter_number": ["e1", "e2", "e1", "e2"],
            "distance": [1, 1, 0, 1],
        }
    )
    pairs = one_to_one(candidates.sample(fraction=1, shuffle=True, seed=seed))
    assert sorted(pairs.select("RSA_NUM", "encounter_number").rows()) == [("r1", "e2"), ("r2", "e1")]


def test_bucket_without_stays_has_none() -> None:
    assert stays().height == 0


def test_a_stay_that_ends_before_it_begins_is_rejected_and_its_abstract_has_no_stay() -> None:
    ledger = Ledger()
    backwards = ABSTRACT.replace("2018-03-05", "2018-02-28")

    assert stays(ledger, T_MCOaaC=backwards, T_MCOaaB=GROUPED, encounter=days("2018-03-01", "2018-02-27")).is_empty()
    assert fates(ledger, "T_MCOaaC")["rejected exit_before_entry"] == 1
    assert fates(ledger, "T_MCOaaB")["rejected no_stay"] == 1
    assert fates(ledger, "encounter")["rejected exit_before_entry"] == 1
