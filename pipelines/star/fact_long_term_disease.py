"""Reads IR_IMB_R → writes fact_long_term_disease."""

from datetime import date, timedelta

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.bucket import Bucket, no_sentinel, numbered

READS = {"IR_IMB_R": ("IMB_ALD_NUM", "IMB_ALD_DTD", "IMB_ALD_DTF", "MED_MTF_COD")}
_DISEASE = ("patient_key", "IMB_ALD_NUM", "MED_MTF_COD")
_OPEN = date(9999, 1, 1)  # stands for "no end" while periods are merged, and never leaves this module


def build(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    """Periods of one disease that touch or overlap are one; an end before its start is rejected."""
    rows = bucket.read("IR_IMB_R").with_columns(end=no_sentinel("IMB_ALD_DTF").fill_null(_OPEN))
    valid = rows.filter(pl.col("end") >= pl.col("IMB_ALD_DTD"))
    ledger.add("IR_IMB_R", "merged", "fact_long_term_disease", Tally(valid.height))
    ledger.add("IR_IMB_R", "rejected", "end_before_start", Tally(rows.height - valid.height))
    before = pl.col("end").cum_max().shift(1).over(_DISEASE)
    periods = (
        valid.sort(*_DISEASE, "IMB_ALD_DTD", "end")
        .with_columns(is_new=(pl.col("IMB_ALD_DTD") > before + timedelta(days=1)).fill_null(True))
        .with_columns(period=pl.col("is_new").cum_sum().over(_DISEASE))
        .group_by(*_DISEASE, "period")
        .agg(pl.col("IMB_ALD_DTD").min().alias("start_date"), pl.col("end").max(), pl.len().alias("n_source_rows"))
        .with_columns(end_date=pl.when(pl.col("end") != _OPEN).then("end"))
        .sort("patient_key", "start_date", "IMB_ALD_NUM", "MED_MTF_COD")
        .rename({"IMB_ALD_NUM": "ald_number"})
    )
    return bucket.key(numbered(periods, "disease_number"), "diagnosis", "MED_MTF_COD", "diagnosis_key")
