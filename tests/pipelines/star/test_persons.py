"""Persons and their time: who she is by which source, exemptions, death, and when she was under observation."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from pipelines.ledger import Ledger
from pipelines.star import dim_patient, fact_death, fact_long_term_disease, fact_observation_period
from pipelines.star.check import conform
from schema.star import TABLES
from tests.pipelines.tables import EXTRACTION, bucket, cells, fates, shown, table

PERSONS = """
    patient_key | is_in_snds | n_hospitals | linkage | alone_reason
    1           | true       | 1           | linked  |
"""


def seen(frame: pl.DataFrame, expected: str) -> None:
    assert shown(frame, expected) == cells(expected)


def patients(ledger: Ledger | None = None, number: int = 1, /, **texts: str) -> pl.DataFrame:
    given = replace(bucket(**{"persons": PERSONS, **texts}), number=number)
    built = dim_patient.build(given, ledger or Ledger())
    return conform(built, TABLES["dim_patient"])


def diseases(text: str, ledger: Ledger | None = None) -> pl.DataFrame:
    built = fact_long_term_disease.build(bucket(IR_IMB_R=text), ledger or Ledger())
    return conform(built, TABLES["fact_long_term_disease"])


def observed(claims: str = "", stays: str = "", deaths: str = "") -> pl.DataFrame:
    """Periods of persons with claims (`patient_key | care_date`), stays and deaths."""
    key = {"patient_key": pl.Int32()}
    built = fact_observation_period.build(
        table("patient_key | care_date\n" + claims, key | {"care_date": pl.Date()}),
        table(
            "patient_key | entry_date | exit_date\n" + stays, key | {"entry_date": pl.Date(), "exit_date": pl.Date()}
        ),
        table("patient_key | death_date\n" + deaths, key | {"death_date": pl.Date()}),
        EXTRACTION,
    )
    return conform(built, TABLES["fact_observation_period"])


def spans(frame: pl.DataFrame) -> list[tuple[int, str, str]]:
    texts = pl.col("start_date", "end_date").cast(pl.String)
    return frame.select("period_number", texts).rows()


REGISTER = "BEN_SEX_COD | BEN_NAI_ANN | BEN_NAI_MOI\n"
RECORD = "source | sex | birth_date\n"


@pytest.mark.parametrize(
    ("register", "patient", "abstract", "sex", "month"),
    [
        ("2 | 1990 | 05", "hospital_1 | 1 | 1980-01-01", "1", 2, "1990-05-01"),
        ("9 | 1990 | 05", "hospital_1 | 1 | 1980-01-01", "2", 1, "1990-05-01"),
        ("2 | 1990 | 20", "hospital_1 | 1 | 1980-01-01", "1", 2, "1980-01-01"),
        ("2 | 1990 | 00", "", "1", 2, ""),
        ("", "hospital_1 | 1 | 1980-01-01", "2", 1, "1980-01-01"),
        ("", "", "2", 2, ""),
        ("", "", "9", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_sex_and_month_of_birth_come_from_the_first_source_that_knows_them(
    register: str, patient: str, abstract: str, sex: object, month: str
) -> None:
    texts = {
        name: header + rows
        for name, header, rows in (
            ("IR_BEN_R", REGISTER, register),
            ("patient", RECORD, patient),
            ("T_MCOaaB", "COD_SEX | RSA_NUM\n", f"{abstract} | r1" if abstract else ""),
        )
        if rows
    }
    seen(patients(**texts), f"patient_key | sex_code | birth_month_date\n1 | {sex} | {month}")


def test_first_hospital_stands_where_two_disagree() -> None:
    found = patients(patient=RECORD + "hospital_3 | 1 | 1970-01-01\nhospital_2 | 2 | 1980-06-01")
    seen(found, "sex_code | birth_month_date\n2 | 1980-06-01")


def test_person_is_one_row_however_many_rows_tell_of_her() -> None:
    ledger = Ledger()
    found = patients(
        ledger,
        IR_BEN_R=REGISTER + "2 | 1990 | 05\n2 | 1990 | 05",
        patient=RECORD + "hospital_1 | 2 | 1990-05-01\nhospital_2 | 2 | 1990-05-01",
    )
    assert found.height == 1
    assert fates(ledger, "IR_BEN_R") == {"merged dim_patient": 2}
    assert fates(ledger, "patient") == {"merged dim_patient": 2}


def test_what_the_custodian_said_is_kept() -> None:
    persons = """
        patient_key | is_in_snds | n_hospitals | linkage | alone_reason
        8193        | true       | 2           | linked  |
        8194        | false      | 1           | alone   | missing
    """
    seen(patients(persons=persons), persons)


def test_unknown_member_stands_in_the_first_bucket_alone() -> None:
    seen(
        patients(None, 0),
        """
        patient_key | sex_code | birth_month_date | is_in_snds | n_hospitals | linkage | alone_reason
        0           |          |                  | false      | 0           | unknown |
        1           |          |                  | true       | 1           | linked  |
        """,
    )
    assert patients(None, 1)["patient_key"].to_list() == [1]


def test_unknown_member_is_there_even_without_any_person() -> None:
    built = dim_patient.build(bucket(), Ledger())
    assert conform(built, TABLES["dim_patient"])["patient_key"].to_list() == [0]


DISEASE = "IMB_ALD_NUM | MED_MTF_COD | IMB_ALD_DTD | IMB_ALD_DTF\n"


def test_renewals_that_touch_or_overlap_are_one_period() -> None:
    ledger = Ledger()
    found = diseases(
        DISEASE
        + """
        8 | E119 | 2017-01-01 | 2017-12-31
        8 | E119 | 2018-01-01 | 2018-12-31
        8 | E119 | 2018-06-01 | 2019-05-31
        """.strip(),
        ledger,
    )
    seen(
        found,
        """
        disease_number | ald_number | diagnosis_key | start_date | end_date   | n_source_rows
        1              | 8          | 11            | 2017-01-01 | 2019-05-31 | 3
        """,
    )
    assert fates(ledger, "IR_IMB_R") == {"merged fact_long_term_disease": 3}


def test_renewal_after_a_gap_of_one_day_is_another_period() -> None:
    found = diseases(DISEASE + "8 | E119 | 2017-01-01 | 2017-12-31\n8 | E119 | 2018-01-02 | 2018-12-31")
    assert found.select("disease_number", "n_source_rows").rows() == [(1, 1), (2, 1)]


def test_short_period_within_a_long_one_does_not_end_it() -> None:
    found = diseases(
        DISEASE
        + "8 | E119 | 2017-01-01 | 2019-12-31\n8 | E119 | 2017-02-01 | 2017-03-01\n8 | E119 | 2019-01-01 | 2019-02-01"
    )
    assert found.select("start_date", "end_date").rows() == [(date(2017, 1, 1), date(2019, 12, 31))]


@pytest.mark.parametrize("end", ["", "1600-01-01"])
def test_period_without_an_end_stays_open_and_takes_in_what_follows(end: str) -> None:
    found = diseases(DISEASE + f"8 | E119 | 2017-01-01 | {end}\n8 | E119 | 2019-01-01 | 2019-12-31")
    seen(found, "start_date | end_date | n_source_rows\n2017-01-01 | | 2")


def test_period_that_ends_before_it_starts_is_rejected_and_one_day_is_kept() -> None:
    ledger = Ledger()
    found = diseases(DISEASE + "8 | E119 | 2017-01-02 | 2017-01-01\n8 | I10 | 2017-01-01 | 2017-01-01", ledger)
    assert found.select("start_date", "end_date").rows() == [(date(2017, 1, 1), date(2017, 1, 1))]
    assert fates(ledger, "IR_IMB_R") == {"merged fact_long_term_disease": 1, "rejected end_before_start": 1}


def test_another_disease_number_or_person_is_never_merged() -> None:
    seen(
        diseases("""
        patient_key | IMB_ALD_NUM | MED_MTF_COD | IMB_ALD_DTD | IMB_ALD_DTF
        2           | 8           | E119        | 2017-01-01  | 2018-12-31
        1           | 8           | E119        | 2017-06-01  | 2018-12-31
        1           | 8           | I10         | 2017-01-01  | 2018-12-31
        1           | 5           | I10         | 2017-01-01  | 2018-12-31
        1           | 8           |             | 2017-01-01  | 2018-12-31
        """),
        """
        patient_key | disease_number | ald_number | diagnosis_key | start_date
        1           | 1              | 5          | 10            | 2017-01-01
        1           | 2              | 8          | 0             | 2017-01-01
        1           | 3              | 8          | 10            | 2017-01-01
        1           | 4              | 8          | 11            | 2017-06-01
        2           | 1              | 8          | 11            | 2017-01-01
        """,
    )


def test_death_is_the_earliest_date_and_the_sentinel_is_none() -> None:
    given = bucket(
        IR_BEN_R="""
        patient_key | BEN_DCD_DTE
        1           | 1600-01-01
        2           | 2018-05-03
        2           | 2018-05-01
        2           | 1600-01-01
        3           |
        """
    )
    seen(
        conform(fact_death.build(given), TABLES["fact_death"]),
        """
        patient_key | death_date | death_date_source
        2           | 2018-05-01 | IR_BEN_R
        """,
    )


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2018-01-01", [(1, "2017-01-01", "2019-01-01")]),
        ("2018-01-02", [(1, "2017-01-01", "2018-01-01"), (2, "2018-01-02", "2019-01-02")]),
    ],
    ids=["365 days", "366 days"],
)
def test_gap_of_365_days_is_bridged_and_of_366_is_not(second: str, expected: list[tuple[int, str, str]]) -> None:
    assert spans(observed(f"1 | 2017-01-01\n1 | {second}")) == expected


def test_leap_year_counts_in_days() -> None:
    assert len(spans(observed("1 | 2016-01-01\n1 | 2016-12-31"))) == 1
    assert len(spans(observed("1 | 2016-01-01\n1 | 2017-01-01"))) == 2


def test_gap_counts_from_the_end_of_a_stay() -> None:
    assert spans(observed("1 | 2018-02-01", stays="1 | 2017-01-01 | 2017-02-01")) == [(1, "2017-01-01", "2019-02-01")]
    assert len(spans(observed("1 | 2018-02-02", stays="1 | 2017-01-01 | 2017-02-01"))) == 2


def test_claim_within_a_long_stay_does_not_shorten_it() -> None:
    found = spans(observed("1 | 2017-01-10\n1 | 2018-12-01", stays="1 | 2017-01-01 | 2018-06-30"))
    assert found == [(1, "2017-01-01", "2019-12-01")]


def test_period_is_cut_at_death_and_at_extraction() -> None:
    assert spans(observed("1 | 2017-01-01", deaths="1 | 2017-03-01")) == [(1, "2017-01-01", "2017-03-01")]
    assert spans(observed("1 | 2019-06-01")) == [(1, "2019-06-01", "2019-12-31")]
    assert spans(observed("1 | 2019-06-01", deaths="1 | 2025-01-01")) == [(1, "2019-06-01", "2019-12-31")]


def test_day_of_death_is_under_observation() -> None:
    assert spans(observed("1 | 2017-03-01", deaths="1 | 2017-03-01")) == [(1, "2017-03-01", "2017-03-01")]


def test_contacts_after_death_or_extraction_open_no_period() -> None:
    assert spans(observed("1 | 2017-01-01\n1 | 2019-01-01", deaths="1 | 2017-03-01")) == [
        (1, "2017-01-01", "2017-03-01")
    ]
    assert spans(observed("1 | 2020-01-01")) == []


def test_persons_do_not_share_periods() -> None:
    found = observed("2 | 2017-01-01\n1 | 2017-06-01\n2 | 2019-01-01")
    assert found.select("patient_key", "period_number").rows() == [(1, 1), (2, 1), (2, 2)]
