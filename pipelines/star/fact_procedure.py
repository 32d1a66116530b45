"""Reads T_MCOaaA and procedure → writes fact_procedure."""

from datetime import timedelta

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.bucket import Bucket, numbered
from pipelines.star.fact_hospital_stay import ABSTRACT, RECORD

READS = {
    "T_MCOaaA": ("ETA_NUM", "RSA_NUM", "ENT_DAT_DEL", "CDC_ACT", "ACV_ACT", "PHA_ACT", "NBR_EXE_ACT"),
    "procedure": ("encounter_number", "procedure_number", "ccam_code", "activity", "phase", "procedure_date"),
}
_ACT = ("patient_key", "procedure_date", "stay_number", "facility_key", "ccam_code", "activity_code", "phase_code")
_DAY = timedelta(days=1)


def build(bucket: Bucket, ledger: Ledger, stays: pl.DataFrame) -> pl.DataFrame:
    """Acts of both witnesses; quantity is what the witness says that counts more."""
    coded, told = bucket.read("T_MCOaaA"), bucket.read("procedure")
    place = ("patient_key", "stay_number", "facility_key")
    abstracts = coded.join(stays.select(*place, "entry_date", *ABSTRACT), on=list(ABSTRACT)).select(
        *place,
        procedure_date=pl.col("entry_date") + pl.col("ENT_DAT_DEL") * _DAY,
        ccam_code="CDC_ACT",
        activity_code="ACV_ACT",
        phase_code="PHA_ACT",
        in_pmsi=pl.col("NBR_EXE_ACT").fill_null(1),  # an act that is named was done
        in_record=pl.lit(None, pl.Int64),
    )
    records = told.join(stays.select(*place, *RECORD), on=list(RECORD)).select(
        *place,
        "procedure_date",
        "ccam_code",
        activity_code="activity",
        phase_code="phase",
        in_pmsi=pl.lit(None, pl.Int64),
        in_record=pl.lit(1, pl.Int64),
    )
    for table, found, kept in (("T_MCOaaA", coded, abstracts), ("procedure", told, records)):
        ledger.add(table, "merged", "fact_procedure", Tally(kept.height))
        ledger.add(table, "rejected", "no_stay", Tally(found.height - kept.height))
    acts = (
        pl.concat([abstracts, records.select(abstracts.columns)])
        .group_by(_ACT)
        .agg(
            quantity=pl.max_horizontal(pl.col("in_pmsi").sum(), pl.col("in_record").sum()),
            is_in_pmsi=pl.col("in_pmsi").is_not_null().any(),
            is_in_hospital_record=pl.col("in_record").is_not_null().any(),
            n_source_rows=pl.len(),
        )
    )
    return bucket.key(numbered(acts.sort(_ACT), "act_number"), "procedure", "ccam_code", "procedure_key")
