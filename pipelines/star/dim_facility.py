"""Reads the hospitals of the reference → writes dim_facility."""

import polars as pl

from pipelines.star.codes import described
from schema import reference
from schema.layout import HOSPITALS


def build(keys: pl.DataFrame) -> pl.DataFrame:
    """One row per hospital, legal entity."""
    return described("facility", keys).select(
        "facility_label",
        "category",
        "department_code",
        "is_in_reference",
        facility_key="key",
        facility_code="code",
        is_emc2=(pl.col("is_emc2") == 1).fill_null(False),
    )


def hospital_keys(keys: pl.DataFrame) -> pl.DataFrame:
    """Key of each of the four hospitals by its party's name: they are the first of the reference, in order."""
    four = reference.read("facility").filter(pl.col("is_emc2") == 1)["legal_finess"]
    parties = pl.DataFrame({"party": list(HOSPITALS), "code": four})
    return parties.join(keys, on="code", maintain_order="left").select(code="party", key="key")
