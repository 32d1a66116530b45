"""Reads IR_BEN_R → writes fact_death."""

import polars as pl

from pipelines.star.bucket import Bucket, no_sentinel

READS = {"IR_BEN_R": ("BEN_DCD_DTE",)}


def build(bucket: Bucket) -> pl.DataFrame:
    """One row per person with a date of death in the register; the earliest where several rows name one."""
    return (
        bucket.read("IR_BEN_R")
        .with_columns(no_sentinel("BEN_DCD_DTE"))
        .group_by("patient_key")
        .agg(pl.col("BEN_DCD_DTE").min().alias("death_date"))
        .filter(pl.col("death_date").is_not_null())
        .with_columns(death_date_source=pl.lit("IR_BEN_R"))
    )
