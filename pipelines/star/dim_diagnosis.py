"""Reads the ICD-10 of the reference → writes dim_diagnosis."""

import polars as pl

from pipelines.star.codes import described


def build(keys: pl.DataFrame) -> pl.DataFrame:
    """One row per ICD-10 code."""
    return described("diagnosis", keys).select(
        "icd10_label",
        "chapter",
        "is_in_reference",
        diagnosis_key="key",
        icd10_code="code",
        icd10_category_code=pl.col("code").str.slice(0, 3),
    )
