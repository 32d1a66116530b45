"""A small star on disk: the caller gives the rows and columns that matter, the rest is filled with plain values."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from schema.base import polars_schema
from schema.layout import Workspace, part_name
from schema.star import TABLES

# Columns whose rule a zero or an empty text would break.
DEFAULTS: dict[str, Any] = {
    "linkage": "single",
    "source": "pmsi",
    "position": "DP",
    "is_in_pmsi": True,
    "patient_key": 1,
    "quantity_packs": 1,
}
BY_TYPE: dict[Any, Any] = {
    pl.String: "x",
    pl.Boolean: False,
    pl.Date: date(2018, 1, 1),
    pl.Decimal: Decimal(0),
}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a star table with the declared columns and types; a nullable column not given is null."""
    columns = TABLES[name].columns
    plain = {
        c.name: None if c.nullable else DEFAULTS.get(c.name, BY_TYPE.get(type(dtype), 0))
        for c, dtype in zip(columns, polars_schema(TABLES[name]).values(), strict=True)
    }
    return pl.DataFrame([plain | row for row in rows], schema=polars_schema(TABLES[name]), strict=True)


def write_star(root: Path, tables: dict[str, list[dict[str, Any]]], n_parts: int = 1) -> Workspace:
    """A workspace whose star holds the given rows, cut in parts in their order; every other table is empty."""
    workspace = Workspace(root)
    for name in TABLES:
        folder = workspace.star / name
        folder.mkdir(parents=True)
        frame = table(name, tables.get(name, []))
        size = -(-frame.height // n_parts)
        for k in range(n_parts):
            frame.slice(k * size, size).write_parquet(folder / part_name(k))
    workspace.manifest.write_text("{}")
    return workspace


def days(start: date, n: int) -> date:
    """The day n days after the start."""
    return start + timedelta(days=n)
