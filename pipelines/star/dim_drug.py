"""Reads IR_PHA_R → writes dim_drug."""

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.codes import described

READS = {
    "IR_PHA_R": (
        "PHA_CIP_C13",
        "PHA_CIP_UCD",
        "PHA_MED_NOM",
        "PHA_ATC_CLA",
        "PHA_ATC_L07",
        "PHA_NOM_PA",
        "PHA_UNT_NBR_DSES",
        "PHA_DOS_PRA_DSES",
        "PHA_DOS_UNT_DSES",
        "PHA_PRI_UNI",
        "PHA_TAU_COD",
    )
}


def build(keys: pl.DataFrame, presentations: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """One row per presentation of the reference or of the facts, described as the received IR_PHA_R does.

    A presentation that neither holds is filtered: nobody was given it.
    """
    used = presentations.filter(pl.col("PHA_CIP_C13").is_in(keys["code"].implode()))
    ledger.add("IR_PHA_R", "merged", "dim_drug", Tally(used.height))
    ledger.add("IR_PHA_R", "filtered", "not_dispensed", Tally(presentations.height - used.height))
    cents = _number("PHA_PRI_UNI", 0, 10**11 - 1)
    price = (cents // 100).cast(pl.String) + "." + (cents % 100).cast(pl.String).str.zfill(2)
    received = presentations.select(
        code="PHA_CIP_C13",
        ucd13_code="PHA_CIP_UCD",
        drug_label="PHA_MED_NOM",
        atc_code="PHA_ATC_CLA",
        atc_label="PHA_ATC_L07",
        substance_label="PHA_NOM_PA",
        pack_units=_number("PHA_UNT_NBR_DSES", 0, 2**31 - 1),
        strength="PHA_DOS_PRA_DSES",
        strength_unit="PHA_DOS_UNT_DSES",
        pack_price_eur=price.cast(pl.Decimal(11, 2)),
        reimbursement_rate_percent=_number("PHA_TAU_COD", 0, 100),
        is_described=pl.lit(True),
    ).unique("code", keep="first", maintain_order=True)
    drugs = described("drug", keys).select("code", "key", "is_in_reference")
    return drugs.join(received, on="code", how="left", maintain_order="left").select(
        pl.all().exclude("code", "key", "is_described", "is_in_reference"),
        drug_key="key",
        cip13_code="code",
        is_in_reference=pl.col("is_in_reference") | pl.col("is_described").fill_null(False),
    )


def _number(column: str, least: int, most: int) -> pl.Expr:
    """A whole number that is kept as text, `65` or `65.0`; null where it is none or lies outside the bounds."""
    number = pl.col(column).str.strip_suffix(".0").cast(pl.Int64, strict=False)
    return pl.when(number.is_between(least, most)).then(number)
