"""Reads the CCAM of the reference → writes dim_procedure."""

import polars as pl

from pipelines.star.codes import described


def build(keys: pl.DataFrame) -> pl.DataFrame:
    """One row per CCAM act; the CCAM writes 0 for an act without a tariff of its own."""
    tariff = pl.when(pl.col("tariff_eur") != 0).then("tariff_eur")
    return described("procedure", keys).select(
        "ccam_label", "is_in_reference", procedure_key="key", ccam_code="code", tariff_eur=tariff
    )
