"""Tables declared one CSV each (raw and truth): columns, physical types, keys and privacy tags.

An untagged column, an unknown type or tag is an error at import: the declaration fails closed.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

PRIVACY_TAGS = {"direct", "person", "professional", "record", "quasi", "date", "none"}
_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "int64": pl.Int64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "boolean": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One declared column; `key` is its place in the table's key from 1, or None."""

    name: str
    dtype: pl.DataType
    key: int | None
    privacy: str
    constant: str | None
    meaning: str
    null: str

    @property
    def may_be_null(self) -> bool:
        return self.null != "never"

    @property
    def is_money(self) -> bool:
        return self.dtype == pl.Decimal(11, 2)


@dataclass(frozen=True)
class DeclaredTable:
    """One declared table in the official column order."""

    name: str
    source: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        return {c.name: c.dtype for c in self.columns}

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(c.name for c in sorted((c for c in self.columns if c.key), key=lambda c: c.key or 0))

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


def physical_type(text: str) -> pl.DataType:
    """Polars type of a declared type name; `decimal(p,s)` for exact numbers."""
    if found := re.fullmatch(r"decimal\((\d+),(\d+)\)", text):
        return pl.Decimal(int(found[1]), int(found[2]))
    return _TYPES[text]


def read_declaration(path: Path) -> DeclaredTable:
    """Read one table's CSV: a source line, then one line a column."""
    with path.open(encoding="utf-8", newline="") as lines:
        source = next(lines).removeprefix("# source:").strip()
        columns = []
        for row in csv.DictReader(lines):
            if row["privacy"] not in PRIVACY_TAGS:
                raise ValueError(f"{path.name}: column {row['column']} has no known privacy tag")
            kind, _, constant = row["filled_by"].partition(":")
            if kind not in ("generator", "constant"):
                raise ValueError(f"{path.name}: column {row['column']} is filled by nobody")
            columns.append(
                Column(
                    row["column"],
                    physical_type(row["type"]),
                    int(row["key"]) if row["key"] else None,
                    row["privacy"],
                    constant if kind == "constant" else None,
                    row["meaning"],
                    row["null"],
                )
            )
    return DeclaredTable(path.stem, source, tuple(columns))


def read_declarations(directory: Path) -> dict[str, DeclaredTable]:
    """Every table declared in a folder, by name."""
    return {path.stem: read_declaration(path) for path in sorted(directory.glob("*.csv"))}
