"""Town care: claim lines as received, and dispensings with cancelled lines netted out."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.ledger import Ledger, Tally
from pipelines.star import fact_care_claim, fact_drug_dispensing
from pipelines.star.check import conform
from schema.star import TABLES
from tests.pipelines.tables import bucket, cells, fates, shown

CLAIM = """
    DCT_ORD_NUM | PRS_ORD_NUM | EXE_SOI_DTD | PRE_PRE_DTD | PRS_NAT_REF | PSP_SPE_COD
    1           | 1           | 2018-03-01  | 2018-02-27  | 3313        | 1
    2           | 1           | 2018-03-01  | 2018-02-27  | 3313        | 1
    3           | 1           | 2018-03-01  | 2018-02-27  | 3313        | 1
"""


def seen(frame: pl.DataFrame, expected: str) -> None:
    assert shown(frame, expected) == cells(expected)


def claims(ledger: Ledger | None = None, *, text: str) -> pl.DataFrame:
    built = fact_care_claim.build(bucket(ER_PRS_F=text), ledger or Ledger())
    return conform(built, TABLES["fact_care_claim"])


def dispensings(ledger: Ledger | None = None, *, pharmacy: str, claim: str = CLAIM) -> pl.DataFrame:
    built = fact_drug_dispensing.build(bucket(ER_PRS_F=claim, ER_PHA_F=pharmacy), ledger or Ledger())
    return conform(built, TABLES["fact_drug_dispensing"])


def test_lines_are_kept_as_received_cancellations_included() -> None:
    seen(
        claims(
            text="""
            DCT_ORD_NUM | EXE_SOI_DTD | PRS_NAT_REF | PRS_ACT_QTE | PRS_PAI_MNT | BSE_REM_MNT | CPL_REM_MNT
            1           | 2018-03-01  | 1110        | 1           | 25.00       | 16.50       | 0.10
            2           | 2018-03-01  | 1110        | -1          | -25.00      | -16.50      | -0.10
            """
        ),
        """
        claim_number | care_date  | care_nature_key | quantity | fee_eur | reimbursed_eur
        1            | 2018-03-01 | 1               | 1.00     | 25.00   | 16.60
        2            | 2018-03-01 | 1               | -1.00    | -25.00  | -16.60
        """,
    )


def test_lines_are_numbered_by_care_date_within_each_person_whatever_the_flux_month() -> None:
    seen(
        claims(
            text="""
            patient_key | FLX_DIS_DTD | DCT_ORD_NUM | EXE_SOI_DTD
            1           | 2018-04-01  | 1           | 2018-03-09
            2           | 2018-04-01  | 2           | 2018-03-05
            1           | 2018-05-01  | 3           | 2018-03-01
            1           | 2018-04-01  | 4           | 2018-03-05
            """
        ),
        """
        patient_key | claim_number | care_date  | flux_month_date
        1           | 1            | 2018-03-01 | 2018-05-01
        1           | 2            | 2018-03-05 | 2018-04-01
        1           | 3            | 2018-03-09 | 2018-04-01
        2           | 1            | 2018-03-05 | 2018-04-01
        """,
    )


def test_line_whose_nine_column_key_was_seen_is_rejected_with_its_cents() -> None:
    ledger = Ledger()
    found = claims(
        ledger,
        text="""
        FLX_DIS_DTD | DCT_ORD_NUM | PRS_ORD_NUM | PRS_PAI_MNT
        2018-04-01  | 1           | 1           | 25.00
        2018-04-01  | 1           | 1           | 25.00
        2018-04-01  | 1           | 2           | 25.00
        2018-05-01  | 1           | 1           | 25.00
        """,
    )
    assert found.height == 3
    assert ledger.of("ER_PRS_F", "kept").rows == 3
    assert ledger.of("ER_PRS_F", "kept").cents["PRS_PAI_MNT"] == 7500
    assert ledger.entries["ER_PRS_F", "rejected", "repeated_key"].cents["PRS_PAI_MNT"] == 2500


@pytest.mark.parametrize(("written", "date"), [("1600-01-01", ""), ("", ""), ("2018-02-27", "2018-02-27")])
def test_sentinel_is_no_date_of_prescription(written: str, date: str) -> None:
    seen(
        claims(text=f"DCT_ORD_NUM | PRE_PRE_DTD\n1 | {written}"),
        f"claim_number | prescription_date\n1 | {date}",
    )


@pytest.mark.parametrize(("qualifier", "copy"), [(71, True), (0, False), (70, False)])
def test_qualifier_71_marks_a_copy_of_hospital_care(qualifier: int, copy: bool) -> None:
    assert claims(text=f"DPN_QLF\n{qualifier}")["is_for_information"].to_list() == [copy]


def test_missing_specialty_stays_missing_and_zero_stays_zero() -> None:
    found = claims(text="DCT_ORD_NUM | PSE_SPE_COD | PSP_SPE_COD\n1 | | \n2 | 0 | 22")
    assert found.select("executing_specialty_code", "prescribing_specialty_code").rows() == [(None, None), (0, 22)]


def test_lines_of_one_dispensing_are_summed() -> None:
    seen(
        dispensings(
            pharmacy="""
            DCT_ORD_NUM | PRS_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
            1           | 1           | 3400900000011 | 2
            2           | 1           | 3400900000011 | 1
            3           | 1           | 3400900000022 | 1
            """
        ),
        """
        dispensing_number | dispensing_date | prescription_date | drug_key | prescribing_specialty_code | quantity_packs | n_source_lines
        1                 | 2018-03-01      | 2018-02-27        | 1        | 1                          | 3              | 2
        2                 | 2018-03-01      | 2018-02-27        | 2        | 1                          | 1              | 1
        """,  # noqa: E501
    )


def test_cancelled_line_is_netted_out() -> None:
    ledger = Ledger()
    found = dispensings(
        ledger,
        pharmacy="""
        DCT_ORD_NUM | PRS_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        1           | 1           | 3400900000011 | 2
        2           | 1           | 3400900000011 | -2
        3           | 1           | 3400900000011 | 1
        """,
    )
    assert found.select("quantity_packs", "n_source_lines").rows() == [(1, 3)]
    assert fates(ledger, "ER_PHA_F") == {"merged fact_drug_dispensing": 3}


@pytest.mark.parametrize("second", [-2, -3])
def test_dispensing_that_adds_up_to_no_pack_is_filtered(second: int) -> None:
    ledger = Ledger()
    found = dispensings(
        ledger,
        pharmacy=f"""
        DCT_ORD_NUM | PRS_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        1           | 1           | 3400900000011 | 2
        2           | 1           | 3400900000011 | {second}
        3           | 1           | 3400900000022 | 1
        """,
    )
    assert found.select("dispensing_number", "drug_key").rows() == [(1, 2)]
    assert fates(ledger, "ER_PHA_F") == {"filtered netted_to_nothing": 2, "merged fact_drug_dispensing": 1}


@pytest.mark.parametrize(
    "other",
    ["2018-03-02 | 2018-02-27 | 1", "2018-03-01 | 2018-02-26 | 1", "2018-03-01 | 2018-02-27 | 2"],
    ids=["day", "prescription", "prescriber"],
)
def test_cancellation_of_another_day_or_prescription_nets_nothing(other: str) -> None:
    ledger = Ledger()
    found = dispensings(
        ledger,
        claim=f"""
        DCT_ORD_NUM | EXE_SOI_DTD | PRE_PRE_DTD | PSP_SPE_COD
        1           | 2018-03-01  | 2018-02-27  | 1
        2           | {other}
        """,
        pharmacy="""
        DCT_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        1           | 3400900000011 | 2
        2           | 3400900000011 | -1
        """,
    )
    assert found["quantity_packs"].to_list() == [2]
    assert fates(ledger, "ER_PHA_F") == {"filtered netted_to_nothing": 1, "merged fact_drug_dispensing": 1}


def test_dispensing_without_prescription_is_one_of_the_same_day() -> None:
    found = dispensings(
        claim="""
        DCT_ORD_NUM | EXE_SOI_DTD | PRE_PRE_DTD | PSP_SPE_COD
        1           | 2018-03-01  |             |
        2           | 2018-03-01  | 1600-01-01  |
        """,
        pharmacy="""
        DCT_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        1           | 3400900000011 | 1
        2           | 3400900000011 | 1
        """,
    )
    assert found.select("prescription_date", "quantity_packs").rows() == [(None, 2)]


def test_pharmacy_row_without_its_claim_line_is_rejected() -> None:
    ledger = Ledger()
    found = dispensings(
        ledger,
        pharmacy="""
        FLX_DIS_DTD | DCT_ORD_NUM | PRS_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        2018-01-01  | 1           | 1           | 3400900000011 | 1
        2018-02-01  | 1           | 1           | 3400900000011 | 1
        2018-01-01  | 1           | 9           | 3400900000011 | 1
        """,
    )
    assert found["quantity_packs"].to_list() == [1]
    assert fates(ledger, "ER_PHA_F") == {"rejected no_claim_line": 2, "merged fact_drug_dispensing": 1}


def test_repeated_claim_line_does_not_multiply_packs() -> None:
    found = dispensings(
        claim=CLAIM + CLAIM.strip().splitlines()[1],
        pharmacy="DCT_ORD_NUM | PRS_ORD_NUM | PHA_PRS_C13 | PHA_ACT_QSN\n1 | 1 | 3400900000011 | 2",
    )
    assert found["quantity_packs"].to_list() == [2]


def test_money_is_exact_to_the_cent() -> None:
    ledger = Ledger()
    text = "DCT_ORD_NUM | PRS_PAI_MNT | BSE_REM_MNT | CPL_REM_MNT\n" + "\n".join(
        f"{i} | 0.10 | 0.07 | 0.01" for i in range(1000)
    )
    found = claims(ledger, text=text)
    assert found["fee_eur"].sum() == Decimal("100.00")
    assert found["reimbursed_eur"].sum() == Decimal("80.00")
    kept = {"PRS_PAI_MNT": 10_000, "BSE_REM_MNT": 7_000, "CPL_REM_MNT": 1_000, "BSE_REM_BSE": 0, "PRS_DEP_MNT": 0}
    assert ledger.of("ER_PRS_F", "kept") == Tally(1000, kept)


def test_two_persons_may_hold_one_claim_key_and_rows_of_one_person_in_any_order_keep_the_same_line() -> None:
    text = """
        patient_key | DCT_ORD_NUM | EXE_SOI_DTD | PRS_PAI_MNT
        1           | 1           | 2018-03-09  | 25.00
        1           | 1           | 2018-03-09  | 30.00
        2           | 1           | 2018-03-09  | 25.00
        """
    head, *rows = text.strip("\n").splitlines()
    expected = """
        patient_key | claim_number | fee_eur
        1           | 1            | 25.00
        2           | 1            | 25.00
        """
    seen(claims(text=text), expected)
    seen(claims(text="\n".join([head, *reversed(rows[:3])])), expected)
