"""Reads persons, IR_BEN_R, patient and T_MCOaaB → writes dim_patient."""

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.bucket import Bucket
from pipelines.star.dim_date import FIRST, LAST

READS = {
    "IR_BEN_R": ("BEN_SEX_COD", "BEN_NAI_ANN", "BEN_NAI_MOI"),
    "patient": ("sex", "birth_date"),
    "T_MCOaaB": ("COD_SEX",),
}


def build(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    """Every person of the register of this bucket, sex and month of birth from the first source that knows them."""
    register, patients = bucket.read("IR_BEN_R"), bucket.read("patient")
    ledger.add("IR_BEN_R", "merged", "dim_patient", Tally(register.height))
    ledger.add("patient", "merged", "dim_patient", Tally(patients.height))
    month = pl.col("BEN_NAI_ANN") + "-" + pl.col("BEN_NAI_MOI").str.zfill(2) + "-01"
    said = pl.concat(
        [
            register.select(
                "patient_key",
                witness=pl.lit("0"),
                sex="BEN_SEX_COD",
                month=_in_calendar(month.str.to_date("%Y-%m-%d", strict=False)),
            ),
            patients.select("patient_key", witness="1" + pl.col("source"), sex="sex", month="birth_date"),
            bucket.read("T_MCOaaB").select(
                "patient_key",
                witness=pl.lit("2"),
                sex=pl.col("COD_SEX").cast(pl.Int64, strict=False),
                month=pl.lit(None, pl.Date),
            ),
        ]
    ).sort("patient_key", "witness", "sex", "month")  # witness: register, hospitals in their order, abstracts
    known = said.group_by("patient_key").agg(
        pl.col("sex").filter(pl.col("sex").is_in([1, 2])).first().alias("sex_code"),
        pl.col("month").drop_nulls().first().alias("birth_month_date"),
    )
    persons = bucket.read("persons").join(known, on="patient_key", how="left")
    return pl.concat([_unknown(persons.schema), persons]) if bucket.number == 0 else persons


def _in_calendar(day: pl.Expr) -> pl.Expr:
    """The date, null where dim_date does not have it: a register may write year 0 for an unknown birth."""
    return pl.when(day.is_between(FIRST, LAST)).then(day)


def _unknown(schema: pl.Schema) -> pl.DataFrame:
    """Member 0: no person; it holds no fact."""
    member = {"patient_key": 0, "is_in_snds": False, "n_hospitals": 0, "linkage": "unknown"}
    return pl.DataFrame([member], schema=schema)
