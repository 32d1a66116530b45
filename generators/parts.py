"""One part of one table: full declared width and types, constants filled in, and what its manifest says of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import polars as pl

from schema import raw, truth
from schema.frames import DeclaredTable
from schema.layout import part_name

LEVEL = 1  # of zstd
ROWS_A_GROUP = 65_536  # fixed: Polars would cut row groups by the number of its threads, and the bytes with them
TRUTH = "truth"


@dataclass(frozen=True)
class TableRows:
    """Rows, bytes and sums in cents of one table of a source, and the SHA-256 of each part."""

    source: str
    folder: str
    rows: int
    bytes: int
    cents: dict[str, int]
    parts: dict[str, str] = field(default_factory=dict)


def declared(source: str, folder: str) -> DeclaredTable:
    return truth.TABLES[folder] if source == TRUTH else raw.declaration(folder)


@cache
def _columns(table: DeclaredTable, made: frozenset[str]) -> tuple[pl.Expr, ...]:
    """Every declared column in order: made by the generator, or its declared constant."""
    return tuple(
        pl.col(c.name).cast(c.dtype) if c.name in made else _constant(c.constant or "", c.dtype).alias(c.name)
        for c in table.columns
        if c.name in made or c.constant is not None
    )


def _constant(text: str, dtype: pl.DataType) -> pl.Expr:
    if text == "":
        return pl.lit(None, dtype=dtype)
    written = pl.lit(text, dtype=pl.String)
    value = pl.select(written.str.to_date() if dtype == pl.Date() else written.cast(dtype)).item()
    return pl.lit(value, dtype=dtype)


def write_part(
    root: Path, source: str, folder: str, block: int, frame: pl.DataFrame, *, is_sorted: bool = False
) -> TableRows:
    """Write a block's part of a table, sorted by the declared key.

    `frame` holds the columns that the generator fills, in any order; a missing one is an error of Polars.
    """
    table = declared(source, folder)
    path = root / ("" if source == TRUTH else "sources") / source / folder / part_name(block)
    path.parent.mkdir(parents=True, exist_ok=True)
    key = [name for name in table.key if name in frame.columns]  # a constant orders nothing
    lazy = frame.lazy() if is_sorted else frame.lazy().sort(key)
    full = lazy.select(*_columns(table, frozenset(frame.columns))).select(*table.schema)
    full.sink_parquet(path, compression="zstd", compression_level=LEVEL, row_group_size=ROWS_A_GROUP)
    content = path.read_bytes()
    money = {c.name: _sum_cents(frame, c.name) for c in table.columns if c.is_money}
    digest = sha256(content).hexdigest()
    return TableRows(source, folder, frame.height, len(content), money, {path.name: digest})


def _sum_cents(frame: pl.DataFrame, column: str) -> int:
    # A declared constant amount is zero.
    return int((frame[column].sum() or 0) * 100) if column in frame.columns else 0


def total(rows: Sequence[TableRows]) -> list[TableRows]:
    """Parts of each table added up; tables in the order of their names."""
    tables: dict[tuple[str, str], TableRows] = {}
    for part in rows:
        before = tables.get((part.source, part.folder))
        tables[part.source, part.folder] = part if before is None else _added(before, part)
    return [tables[key] for key in sorted(tables)]


def _added(one: TableRows, other: TableRows) -> TableRows:
    cents = {name: value + other.cents[name] for name, value in one.cents.items()}
    parts = dict(sorted({**one.parts, **other.parts}.items()))
    return replace(one, rows=one.rows + other.rows, bytes=one.bytes + other.bytes, cents=cents, parts=parts)
