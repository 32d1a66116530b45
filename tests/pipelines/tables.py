"""Frames from ASCII tables, and buckets from them, so that a test shows its rows and what is expected of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.ledger import Ledger
from pipelines.route import bucket_schemas
from pipelines.star.bucket import Bucket

Schema = dict[str, pl.DataType]
EXTRACTION = date(2019, 12, 31)

_PLAIN: dict[Any, Any] = {
    pl.String: "x",
    pl.Date: date(2018, 1, 1),
    pl.Datetime: datetime(2018, 1, 1, 8),
    pl.Decimal: Decimal(0),
    pl.Boolean: False,
    pl.Binary: b"x",
}
_NULL_UNLESS_SHOWN = (
    "link_quality",
    "pass",
    "quality",
    "into",
    "own_nir",
    "other_first_names",
)  # what most do not have


def cells(text: str) -> list[list[str]]:
    """Cells of `a | b` lines; the first line is the header."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def table(text: str, schema: Schema) -> pl.DataFrame:
    """Rows of an ASCII table in the types of `schema`; an empty cell is null, a column not shown has a plain value."""
    header, *rows = cells(text)
    texts = pl.DataFrame(
        [[cell or None for cell in row] for row in rows], schema=dict.fromkeys(header, pl.String()), orient="row"
    )
    return texts.select(_column(name, dtype, header) for name, dtype in schema.items())


def _column(name: str, dtype: pl.DataType, header: list[str]) -> pl.Expr:
    if name not in header and name in _NULL_UNLESS_SHOWN:
        return pl.lit(None, dtype).alias(name)
    if name not in header:
        return pl.lit(_PLAIN.get(type(dtype), 0), dtype).alias(name)
    match dtype:
        case pl.Date():
            return pl.col(name).str.to_date("%Y-%m-%d")
        case pl.Datetime():
            return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
        case pl.Boolean():
            return pl.col(name) == "true"
        case pl.Binary():
            return pl.col(name).cast(pl.Binary)
    return pl.col(name).cast(dtype)


def shown(frame: pl.DataFrame, text: str) -> list[list[str]]:
    """The columns that `text` names, as `cells` would give them."""
    header = cells(text)[0]
    return [header, *([_cell(value) for value in row] for row in frame.select(header).rows())]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def bucket(**texts: str) -> Bucket:
    """Bucket 0, whose tables hold the given rows; tables not given are empty; patient 1 where none is named."""
    schemas = bucket_schemas()
    rows = {name: pl.DataFrame(schema=schema) for name, schema in schemas.items()}
    for name, text in texts.items():
        rows[name] = table(text, schemas[name])
        if "patient_key" not in cells(text)[0]:
            rows[name] = rows[name].with_columns(patient_key=pl.lit(1, pl.Int32))
    return Bucket(0, rows, LOOKUPS)


def codes(*pairs: tuple[str | int, int]) -> pl.DataFrame:
    """A (code, key) frame."""
    return pl.DataFrame({"code": [c for c, _ in pairs], "key": pl.Series([k for _, k in pairs], dtype=pl.Int32)})


LOOKUPS: dict[str, pl.DataFrame] = {
    "facility": codes(("FINESS001", 1), ("FINESS002", 2), ("FINESS009", 9)),
    "hospital": codes(("hospital_1", 1), ("hospital_2", 2)),
    "diagnosis": codes(("I10", 10), ("E119", 11), ("K250", 25), ("Z511", 51)),
    "procedure": codes(("AAAA001", 1), ("BBBB002", 2)),
    "drug": codes((3400900000011, 1), (3400900000022, 2)),
    "care_nature": codes((1110, 1), (3313, 2)),
}


def fates(ledger: Ledger, name: str) -> dict[str, int]:
    """Rows of one table by `fate rule`; entries without rows are absent."""
    return {f"{fate} {rule}": t.rows for (found, fate, rule), t in ledger.entries.items() if found == name and t.rows}
