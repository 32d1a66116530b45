"""Reads the natures of service of the reference → writes dim_care_nature."""

import polars as pl

from pipelines.star.codes import described


def build(keys: pl.DataFrame) -> pl.DataFrame:
    """One row per nature of service."""
    return described("care_nature", keys).select(
        "family",
        "is_in_reference",
        care_nature_key="key",
        care_nature_code="code",
        care_nature_label="nature_label",
    )
