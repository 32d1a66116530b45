"""Reads ER_PRS_F → writes fact_care_claim."""

import polars as pl

from pipelines.ledger import Ledger, tally
from pipelines.repeats import split_repeats
from pipelines.star.bucket import Bucket, no_sentinel, numbered
from schema.raw import DCIR_KEY

READS = {
    "ER_PRS_F": (
        *DCIR_KEY,
        "EXE_SOI_DTD",
        "PRE_PRE_DTD",
        "PRS_NAT_REF",
        "PSE_SPE_COD",
        "PSP_SPE_COD",
        "EXO_MTF",
        "DPN_QLF",
        "PRS_ACT_QTE",
        "PRS_PAI_MNT",
        "PRS_DEP_MNT",
        "BSE_REM_BSE",
        "BSE_REM_MNT",
        "CPL_REM_MNT",
        "RGO_REM_TAU",
    )
}
KEY = ("patient_key", *DCIR_KEY)
_FIRST = ("patient_key", "EXE_SOI_DTD", "DCT_ORD_NUM", "PRS_ORD_NUM")
_ORDER = tuple(dict.fromkeys((*_FIRST, *DCIR_KEY, *READS["ER_PRS_F"])))  # the rest only breaks ties
# Of act and supplement an extract may lack one.
_PAID = pl.when(pl.col("BSE_REM_MNT").is_not_null() | pl.col("CPL_REM_MNT").is_not_null()).then(
    pl.col("BSE_REM_MNT").fill_null(0) + pl.col("CPL_REM_MNT").fill_null(0)
)


def build(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    """One row per line as received; a line whose nine-column key the person has already is rejected."""
    received = bucket.read("ER_PRS_F").sort(_ORDER)
    lines, rejected = split_repeats(received, KEY) if bucket.has_claim_key else (received, received.clear())
    ledger.add("ER_PRS_F", "rejected", "repeated_key", tally(rejected))
    ledger.add("ER_PRS_F", "kept", "fact_care_claim", tally(lines))
    claims = lines.select(
        "patient_key",
        "PRS_NAT_REF",
        care_date="EXE_SOI_DTD",
        prescription_date=no_sentinel("PRE_PRE_DTD"),
        flux_month_date=no_sentinel("FLX_DIS_DTD"),
        executing_specialty_code="PSE_SPE_COD",
        prescribing_specialty_code="PSP_SPE_COD",
        exemption_code=pl.col("EXO_MTF").fill_null(0),
        is_for_information=(pl.col("DPN_QLF") == 71).fill_null(False),
        quantity="PRS_ACT_QTE",
        fee_eur="PRS_PAI_MNT",
        excess_fee_eur="PRS_DEP_MNT",
        base_eur="BSE_REM_BSE",
        reimbursed_eur=_PAID.cast(pl.Decimal(11, 2)),
        reimbursement_rate_percent="RGO_REM_TAU",
    )
    return bucket.key(numbered(claims, "claim_number"), "care_nature", "PRS_NAT_REF", "care_nature_key")
