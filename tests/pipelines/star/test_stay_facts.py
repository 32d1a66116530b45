"""What hangs on a stay: diagnoses by source, and acts of both witnesses merged."""

import polars as pl
import pytest

from pipelines.ledger import Ledger
from pipelines.star import fact_hospital_stay, fact_procedure, fact_stay_diagnosis
from pipelines.star.bucket import Bucket
from pipelines.star.check import conform
from schema.errors import LoadFailed
from schema.star import TABLES
from tests.pipelines.tables import bucket, cells, fates, shown

ABSTRACT = """
    exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
    2018      | FINESS001 | r1      | 2018-03-01  | 2018-03-05
"""
GROUPED = """
    exit_year | ETA_NUM   | RSA_NUM | DGN_PAL | DGN_REL
    2018      | FINESS001 | r1      | I10     | Z511
"""
RECORD = """
    source     | encounter_number | entry_time       | exit_time
    hospital_1 | e1               | 2018-03-01 10:00 | 2018-03-05 09:00
"""
TWO_WITNESSES = {"T_MCOaaC": ABSTRACT, "T_MCOaaB": GROUPED, "encounter": RECORD}


def seen(frame: pl.DataFrame, expected: str) -> None:
    assert shown(frame, expected) == cells(expected)


def stays_of(given: Bucket) -> pl.DataFrame:
    return fact_hospital_stay.pair(given, Ledger())


def diagnoses(ledger: Ledger | None = None, /, **texts: str) -> pl.DataFrame:
    given = bucket(**texts)
    built = fact_stay_diagnosis.build(given, ledger or Ledger(), stays_of(given))
    return conform(built, TABLES["fact_stay_diagnosis"])


def acts(ledger: Ledger | None = None, /, **texts: str) -> pl.DataFrame:
    given = bucket(**texts)
    return conform(fact_procedure.build(given, ledger or Ledger(), stays_of(given)), TABLES["fact_procedure"])


def test_stay_with_two_witnesses_has_its_diagnoses_from_both() -> None:
    seen(
        diagnoses(
            **TWO_WITNESSES,
            T_MCOaaD="""
            exit_year | ETA_NUM   | RSA_NUM | DGN_ASS_NUM | ASS_DGN
            2018      | FINESS001 | r1      | 2           | E119
            2018      | FINESS001 | r1      | 1           | K250
            """,
            diagnosis="""
            source     | encounter_number | diagnosis_number | position | icd10_code
            hospital_1 | e1               | 2                | DAS      | E119
            hospital_1 | e1               | 1                | DP       | I10
            """,
        ),
        """
        stay_number | diagnosis_number | source   | position | diagnosis_key | entry_date
        1           | 1                | hospital | DP       | 10            | 2018-03-01
        1           | 2                | hospital | DAS      | 11            | 2018-03-01
        1           | 3                | pmsi     | DP       | 10            | 2018-03-01
        1           | 4                | pmsi     | DR       | 51            | 2018-03-01
        1           | 5                | pmsi     | DAS      | 25            | 2018-03-01
        1           | 6                | pmsi     | DAS      | 11            | 2018-03-01
        """,
    )


def test_abstract_without_related_diagnosis_has_none() -> None:
    found = diagnoses(T_MCOaaC=ABSTRACT, T_MCOaaB=GROUPED.replace("Z511", ""))
    assert found.select("source", "position").rows() == [("pmsi", "DP")]


def test_diagnoses_of_a_record_alone_are_the_hospitals() -> None:
    found = diagnoses(
        encounter=RECORD,
        diagnosis="""
        source     | encounter_number | diagnosis_number | position | icd10_code
        hospital_1 | e1               | 1                | DP       | I10
        hospital_1 | e1               | 2                | DR       | K250
        """,
    )
    assert found.select("source", "position", "diagnosis_key").rows() == [
        ("hospital", "DP", 10),
        ("hospital", "DR", 25),
    ]


def test_ledger_follows_diagnoses_and_rejects_those_without_a_stay() -> None:
    ledger = Ledger()
    diagnoses(
        ledger,
        **TWO_WITNESSES,
        T_MCOaaD="""
        exit_year | ETA_NUM   | RSA_NUM | DGN_ASS_NUM | ASS_DGN
        2018      | FINESS001 | r1      | 1           | E119
        2019      | FINESS001 | r1      | 1           | E119
        2018      | FINESS002 | r1      | 1           | E119
        """,
        diagnosis="""
        source     | encounter_number | diagnosis_number | position | icd10_code
        hospital_1 | e1               | 1                | DP       | I10
        hospital_2 | e1               | 1                | DP       | I10
        """,
    )
    assert fates(ledger, "T_MCOaaD") == {"kept fact_stay_diagnosis": 1, "rejected no_stay": 2}
    assert fates(ledger, "diagnosis") == {"kept fact_stay_diagnosis": 1, "rejected no_stay": 1}


def test_position_that_does_not_exist_is_refused_by_rule_and_not_shown() -> None:
    with pytest.raises(LoadFailed, match="position_is_known: 1 rows") as caught:
        diagnoses(
            encounter=RECORD,
            diagnosis="""
            source     | encounter_number | diagnosis_number | position | icd10_code
            hospital_1 | e1               | 1                | ODD      | I10
            """,
        )
    assert "ODD" not in str(caught.value)


def test_act_that_both_witnesses_name_is_one_row() -> None:
    seen(
        acts(
            **TWO_WITNESSES,
            T_MCOaaA="""
            exit_year | ETA_NUM   | RSA_NUM | ENT_DAT_DEL | CDC_ACT | ACV_ACT | PHA_ACT | NBR_EXE_ACT
            2018      | FINESS001 | r1      | 2           | AAAA001 | 1       | 0       | 1
            """,
            procedure="""
            source     | encounter_number | procedure_number | ccam_code | activity | phase | procedure_date
            hospital_1 | e1               | 1                | AAAA001   | 1        | 0     | 2018-03-03
            """,
        ),
        """
        act_number | stay_number | facility_key | procedure_date | procedure_key | activity_code | phase_code | quantity | is_in_pmsi | is_in_hospital_record | n_source_rows
        1          | 1           | 1            | 2018-03-03     | 1             | 1             | 0          | 1        | true       | true                  | 2
        """,  # noqa: E501
    )


@pytest.mark.parametrize(
    ("in_pmsi", "in_record", "quantity"), [(3, 2, 3), (1, 3, 3), (2, 2, 2)], ids=["pmsi more", "record more", "same"]
)
def test_quantity_is_what_the_witness_says_that_counts_more(in_pmsi: int, in_record: int, quantity: int) -> None:
    rows = "\n".join(f"hospital_1 | e1 | {i} | AAAA001 | 1 | 0 | 2018-03-03" for i in range(in_record))
    found = acts(
        **TWO_WITNESSES,
        T_MCOaaA=f"""
        exit_year | ETA_NUM   | RSA_NUM | ENT_DAT_DEL | CDC_ACT | ACV_ACT | PHA_ACT | NBR_EXE_ACT
        2018      | FINESS001 | r1      | 2           | AAAA001 | 1       | 0       | {in_pmsi}
        """,
        procedure="source | encounter_number | procedure_number | ccam_code | activity | phase | procedure_date\n"
        + rows,
    )
    assert found.select("quantity", "n_source_rows").rows() == [(quantity, 1 + in_record)]


@pytest.mark.parametrize(
    ("code", "activity", "phase", "day"),
    [
        ("BBBB002", "1", "0", "03"),
        ("AAAA001", "4", "0", "03"),
        ("AAAA001", "1", "1", "03"),
        ("AAAA001", "1", "0", "04"),
    ],
    ids=["act", "activity", "phase", "day"],
)
def test_another_act_activity_phase_or_day_is_another_row(code: str, activity: str, phase: str, day: str) -> None:
    found = acts(
        **TWO_WITNESSES,
        T_MCOaaA="""
        exit_year | ETA_NUM   | RSA_NUM | ENT_DAT_DEL | CDC_ACT | ACV_ACT | PHA_ACT | NBR_EXE_ACT
        2018      | FINESS001 | r1      | 2           | AAAA001 | 1       | 0       | 1
        """,
        procedure=f"""
        source     | encounter_number | procedure_number | ccam_code | activity   | phase   | procedure_date
        hospital_1 | e1               | 1                | {code}    | {activity} | {phase} | 2018-03-{day}
        """,
    )
    assert sorted(found.select("is_in_pmsi", "is_in_hospital_record").rows()) == [(False, True), (True, False)]
    assert found["act_number"].to_list() == [1, 2]


def test_day_of_an_act_counts_from_the_abstracts_admission() -> None:
    found = acts(
        T_MCOaaC=ABSTRACT,
        T_MCOaaB=GROUPED,
        encounter=RECORD.replace("2018-03-01", "2018-02-28"),
        T_MCOaaA="""
        exit_year | ETA_NUM   | RSA_NUM | ENT_DAT_DEL | CDC_ACT | NBR_EXE_ACT
        2018      | FINESS001 | r1      | 0           | AAAA001 | 1
        2018      | FINESS001 | r1      | 31          | AAAA001 | 1
        """,
    )
    assert found["procedure_date"].cast(pl.String).to_list() == ["2018-03-01", "2018-04-01"]


def test_ledger_follows_acts_and_rejects_those_without_a_stay() -> None:
    ledger = Ledger()
    acts(
        ledger,
        **TWO_WITNESSES,
        T_MCOaaA="""
        exit_year | ETA_NUM   | RSA_NUM | CDC_ACT | NBR_EXE_ACT
        2018      | FINESS001 | r1      | AAAA001 | 1
        2018      | FINESS001 | r1      | AAAA001 | 1
        2018      | FINESS001 | r7      | AAAA001 | 1
        """,
        procedure="""
        source     | encounter_number | procedure_number | ccam_code
        hospital_2 | e1               | 1                | AAAA001
        """,
    )
    assert fates(ledger, "T_MCOaaA") == {"merged fact_procedure": 2, "rejected no_stay": 1}
    assert fates(ledger, "procedure") == {"rejected no_stay": 1}
