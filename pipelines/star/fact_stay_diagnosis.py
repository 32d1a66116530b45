"""Reads T_MCOaaB, T_MCOaaD and diagnosis → writes fact_stay_diagnosis."""

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.bucket import Bucket
from pipelines.star.fact_hospital_stay import ABSTRACT, RECORD

READS = {
    "T_MCOaaB": ("ETA_NUM", "RSA_NUM", "DGN_PAL", "DGN_REL"),
    "T_MCOaaD": ("ETA_NUM", "RSA_NUM", "DGN_ASS_NUM", "ASS_DGN"),
    "diagnosis": ("encounter_number", "diagnosis_number", "position", "icd10_code"),
}
_POSITIONS = ("DP", "DR", "DAS")
_ORDER = ("patient_key", "stay_number", "source", "rank", "number", "code")


def build(bucket: Bucket, ledger: Ledger, stays: pl.DataFrame) -> pl.DataFrame:
    """Every diagnosis of either witness, numbered within the stay: hospital before PMSI, DP, DR, DAS."""
    grouped = bucket.read("T_MCOaaB")
    associated = bucket.read("T_MCOaaD")
    abstracts = pl.concat(
        [
            _named(grouped, "DP", "DGN_PAL"),
            _named(grouped, "DR", "DGN_REL"),
            associated.select(*ABSTRACT, position=pl.lit("DAS"), number="DGN_ASS_NUM", code="ASS_DGN"),
        ]
    ).join(stays.select("patient_key", "stay_number", "entry_date", *ABSTRACT), on=list(ABSTRACT))
    coded = bucket.read("diagnosis")
    records = coded.select(*RECORD, "position", number="diagnosis_number", code="icd10_code").join(
        stays.select("patient_key", "stay_number", "entry_date", *RECORD), on=list(RECORD)
    )
    kept = abstracts.filter(pl.col("position") == "DAS").height
    ledger.add("T_MCOaaD", "kept", "fact_stay_diagnosis", Tally(kept))
    ledger.add("T_MCOaaD", "rejected", "no_stay", Tally(associated.height - kept))
    ledger.add("diagnosis", "kept", "fact_stay_diagnosis", Tally(records.height))
    ledger.add("diagnosis", "rejected", "no_stay", Tally(coded.height - records.height))
    columns = ("patient_key", "stay_number", "entry_date", "source", "position", "number", "code")
    diagnoses = pl.concat(
        [
            abstracts.with_columns(source=pl.lit("pmsi")).select(columns),
            records.with_columns(source=pl.lit("hospital")).select(columns),
        ]
    ).with_columns(rank=pl.col("position").replace_strict(_POSITIONS, range(len(_POSITIONS)), default=len(_POSITIONS)))
    numbered = diagnoses.sort(_ORDER).with_columns(
        diagnosis_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("patient_key", "stay_number")
    )
    return bucket.key(numbered, "diagnosis", "code", "diagnosis_key")


def _named(grouped: pl.DataFrame, position: str, code: str) -> pl.DataFrame:
    """The one diagnosis of a position, of the abstracts that have one."""
    found = grouped.filter(pl.col(code).is_not_null())
    return found.select(*ABSTRACT, position=pl.lit(position), number=pl.lit(0, pl.Int64), code=code)
