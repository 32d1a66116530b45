"""Code dimensions: the reference in its file's order, then codes met in the facts only.

key = line number in the reference from 1; unlisted codes count up from 1,000,000 in code order; 0 = no code given.
A dimension never depends on the order of facts.
"""

from pathlib import Path

import polars as pl

from pipelines.star.bucket import whole_bucket
from schema import reference
from schema.star import FIRST_UNLISTED_KEY, UNKNOWN_KEY

# dimension → the columns of raw tables that hold its codes
HELD_BY: dict[str, tuple[tuple[str, str], ...]] = {
    "facility": (("T_MCOaaC", "ETA_NUM"),),
    "diagnosis": (
        ("T_MCOaaB", "DGN_PAL"),
        ("T_MCOaaB", "DGN_REL"),
        ("T_MCOaaD", "ASS_DGN"),
        ("diagnosis", "icd10_code"),
        ("IR_IMB_R", "MED_MTF_COD"),
    ),
    "procedure": (("T_MCOaaA", "CDC_ACT"), ("procedure", "ccam_code")),
    "drug": (("ER_PHA_F", "PHA_PRS_C13"),),
    "care_nature": (("ER_PRS_F", "PRS_NAT_REF"),),
}
# dimension → (reference table, its code column)
REFERENCE = {
    "facility": ("facility", "legal_finess"),
    "diagnosis": ("icd10", "icd10_code"),
    "procedure": ("ccam", "ccam_code"),
    "drug": ("drug", "cip13"),
    "care_nature": ("care_nature", "nature_code"),
}


def seen_codes(buckets: Path, dimension: str) -> pl.Series:
    """Distinct codes of a dimension in all buckets, in code order."""
    listed, code = REFERENCE[dimension]
    dtype = reference.read(listed)[code].dtype
    columns = [
        pl.scan_parquet(sorted((buckets / table).glob("*/*.parquet")))
        .select(pl.col(column).cast(dtype).alias("code"))
        .unique()
        for table, column in HELD_BY[dimension]
        if any((buckets / table).glob("*/*.parquet"))
    ]
    if not columns:
        return pl.Series("code", [], dtype)
    with whole_bucket(", ".join(table for table, _ in HELD_BY[dimension])):
        return pl.concat(columns).unique().drop_nulls().sort("code").collect()["code"]


def keyed(dimension: str, seen: pl.Series) -> pl.DataFrame:
    """`code`, `key` and `is_in_reference` of every listed and every unlisted code."""
    table, column = REFERENCE[dimension]
    listed = reference.read(table)[column].alias("code")
    unlisted = seen.filter(~seen.is_in(listed.implode()))
    return pl.concat(
        [
            _numbered(listed, 1).with_columns(is_in_reference=pl.lit(True)),
            _numbered(unlisted, FIRST_UNLISTED_KEY).with_columns(is_in_reference=pl.lit(False)),
        ]
    )


def described(dimension: str, keys: pl.DataFrame) -> pl.DataFrame:
    """Rows of a dimension: the unknown member, then every code with the columns of its reference."""
    table, column = REFERENCE[dimension]
    attributes = reference.read(table).rename({column: "code"})
    unknown = keys.clear().vstack(
        pl.DataFrame({"code": [None], "key": [UNKNOWN_KEY], "is_in_reference": [False]}, schema=keys.schema)
    )
    return pl.concat([unknown, keys]).join(attributes, on="code", how="left", maintain_order="left")


def _numbered(codes: pl.Series, first: int) -> pl.DataFrame:
    return pl.DataFrame({"code": codes, "key": pl.int_range(first, first + len(codes), dtype=pl.Int32, eager=True)})
