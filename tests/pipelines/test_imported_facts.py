"""What an extract lacks, or writes oddly, loads as null, as a stated default, or is rejected by a named rule."""

import polars as pl
import pytest

from pipelines.ledger import Ledger
from pipelines.star import (
    dim_drug,
    dim_patient,
    fact_care_claim,
    fact_drug_dispensing,
    fact_hospital_stay,
    fact_long_term_disease,
    fact_procedure,
    fact_stay_diagnosis,
)
from pipelines.star.bucket import Bucket
from pipelines.star.check import conform
from schema.raw import TABLES as RAW
from schema.star import TABLES
from tests.pipelines.tables import LOOKUPS, bucket, cells, fates, shown, table

STAY = {
    "T_MCOaaC": "exit_year | ETA_NUM | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF\n2018 | F | r1 | 2018-03-01 | 2018-03-05",
    "T_MCOaaB": "exit_year | ETA_NUM | RSA_NUM | DGN_PAL | DGN_REL | GRG_GHM | ENT_MOD\n2018 | F | r1 | | | |",
    "T_MCOaaA": """
        exit_year | ETA_NUM | RSA_NUM | CDC_ACT | ENT_DAT_DEL | NBR_EXE_ACT | ACV_ACT | PHA_ACT
        2018      | F       | r1      | AAAA001 |             |             |         |
    """,
}


def seen(frame: pl.DataFrame, expected: str) -> None:
    assert shown(frame, expected) == cells(expected)


def partly_keyed(**texts: str) -> Bucket:
    """A bucket of an extract that lacks a part of the claims' key."""
    given = bucket(**texts)
    return Bucket(given.number, given.rows, given.keys, has_claim_key=False)


def test_measures_that_a_claim_lacks_are_null_and_what_is_not_marked_is_no_copy() -> None:
    columns = (
        "FLX_DIS_DTD  | EXO_MTF | DPN_QLF | PRS_NAT_REF | PRS_ACT_QTE | PRS_PAI_MNT | BSE_REM_BSE | BSE_REM_MNT "
        "| CPL_REM_MNT | RGO_REM_TAU | DCT_ORD_NUM"
    )
    text = (
        f"{columns}\n1600-01-01 | | | | | | | | | | 1\n2018-04-01 | 43 | 71 | 1110 | 1 | 2.00 | 3.00 | 4.00 | | 70 | 2"
    )
    built = fact_care_claim.build(bucket(ER_PRS_F=text), Ledger())
    seen(
        conform(built, TABLES["fact_care_claim"]),
        """
        flux_month_date | exemption_code | is_for_information | care_nature_key | quantity | fee_eur | reimbursed_eur
                        | 0              | false              | 0               |          |         |
        2018-04-01      | 43             | true               | 1               | 1.00     | 2.00    | 4.00
        """,
    )


def test_lines_that_share_a_part_of_a_key_are_no_repeats_and_drugs_of_lines_that_differ_are_rejected() -> None:
    claims = """
        DCT_ORD_NUM | EXE_SOI_DTD
        1           | 2018-03-01
        1           | 2018-03-02
        2           | 2018-03-03
        2           | 2018-03-03
    """
    drugs = "DCT_ORD_NUM | PHA_PRS_C13 | PHA_ACT_QSN\n1 | 3400900000011 | 1\n2 | 3400900000011 | 3"
    given, ledger = partly_keyed(ER_PRS_F=claims, ER_PHA_F=drugs), Ledger()
    assert conform(fact_care_claim.build(given, ledger), TABLES["fact_care_claim"]).height == 4
    assert fates(ledger, "ER_PRS_F") == {"kept fact_care_claim": 4}
    dispensings = conform(fact_drug_dispensing.build(given, ledger), TABLES["fact_drug_dispensing"])
    assert dispensings["quantity_packs"].to_list() == [3]
    assert fates(ledger, "ER_PHA_F") == {"rejected several_claim_lines": 1, "merged fact_drug_dispensing": 1}


def test_a_stay_without_codes_and_modes_is_a_stay_without_diagnoses() -> None:
    given = bucket(**STAY)
    stays = fact_hospital_stay.pair(given, Ledger())
    seen(
        conform(fact_hospital_stay.build(given, stays), TABLES["fact_hospital_stay"]),
        """
        principal_diagnosis_key | ghm_code | entry_mode | length_of_stay_nights
        0                       |          |            | 4
        """,
    )
    assert fact_stay_diagnosis.build(given, Ledger(), stays).height == 0


def test_an_act_whose_day_number_and_kind_are_not_told_was_done_once() -> None:
    given = bucket(**STAY)
    built = fact_procedure.build(given, Ledger(), fact_hospital_stay.pair(given, Ledger()))
    seen(
        conform(built, TABLES["fact_procedure"]),
        """
        procedure_date | procedure_key | activity_code | phase_code | quantity | is_in_pmsi
                       | 1             |               |            | 1        | true
        """,
    )


def test_a_disease_without_list_number_and_code_is_kept_and_one_that_ends_before_it_starts_is_not() -> None:
    text = """
        IMB_ALD_NUM | IMB_ALD_DTD | IMB_ALD_DTF | MED_MTF_COD
                    | 2018-01-01  |             |
        8           | 2018-01-01  | 2017-12-31  | I10
    """
    ledger = Ledger()
    built = fact_long_term_disease.build(bucket(IR_IMB_R=text), ledger)
    seen(
        conform(built, TABLES["fact_long_term_disease"]),
        "ald_number | diagnosis_key | start_date | end_date\n | 0 | 2018-01-01 |",
    )
    assert fates(ledger, "IR_IMB_R") == {"merged fact_long_term_disease": 1, "rejected end_before_start": 1}


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [("1975", "01", "1975-01-01"), ("1975", "1", "1975-01-01"), ("0000", "01", ""), ("1975", "13", ""), ("", "01", "")],
)
def test_a_birth_that_is_no_month_of_the_calendar_is_not_known(year: str, month: str, expected: str) -> None:
    register = f"BEN_SEX_COD | BEN_NAI_ANN | BEN_NAI_MOI\n9 | {year} | {month}"
    persons = "is_in_snds | n_hospitals | linkage | alone_reason\ntrue | 0 | single |"
    built = dim_patient.build(bucket(persons=persons, IR_BEN_R=register), Ledger())
    found = conform(built, TABLES["dim_patient"]).filter(pl.col("patient_key") == 1)
    seen(found, f"sex_code | birth_month_date\n | {expected}")


@pytest.mark.parametrize(
    ("cents", "price"),
    [
        ("2850", "28.50"),
        ("720.0", "7.20"),
        ("0", "0.00"),
        ("-5", ""),
        ("28,50", ""),
        ("9" * 12, ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_a_price_that_is_no_number_of_cents_is_not_described(cents: str, price: str) -> None:
    columns = {name: RAW["IR_PHA_R"].schema[name] for name in dim_drug.READS["IR_PHA_R"]}
    text = f"PHA_CIP_C13 | PHA_PRI_UNI | PHA_UNT_NBR_DSES | PHA_TAU_COD\n3400900000011 | {cents} | 30.0 | 65.0"
    keys = LOOKUPS["drug"].with_columns(is_in_reference=pl.lit(False))
    drugs = conform(dim_drug.build(keys, table(text, columns), Ledger()), TABLES["dim_drug"])
    seen(
        drugs.filter(pl.col("cip13_code") == 3400900000011),
        f"pack_price_eur | pack_units | reimbursement_rate_percent\n{price} | 30 | 65",
    )
