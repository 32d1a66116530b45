"""A star table before it is written: declared columns and types, nulls, keys and CHECK rules."""

from collections.abc import Sequence

import polars as pl
import sqlalchemy as sa

from pipelines.repeats import split_repeats
from schema.base import polars_schema
from schema.errors import LoadFailed


def violations(frame: pl.DataFrame, table: sa.Table) -> dict[str, int]:
    """Rows that break each rule, by rule name; rules that hold are absent. A CHECK that is null holds, as in SQL."""
    counts = {f"{c.name} is null": frame[c.name].null_count() for c in table.columns if not c.nullable}
    key = [c.name for c in table.primary_key.columns]
    counts["repeated key"] = 0 if is_increasing(frame, key) else split_repeats(frame, key)[1].height
    rules = {str(c.name): str(c.sqltext) for c in table.constraints if isinstance(c, sa.CheckConstraint)}
    if rules:
        broken = frame.select(**{name: (~pl.sql_expr(rule)).sum() for name, rule in rules.items()})
        counts |= broken.row(0, named=True)
    return {rule: n for rule, n in counts.items() if n}


def conform(frame: pl.DataFrame, table: sa.Table) -> pl.DataFrame:
    """The frame in declared columns, types and key order; raises LoadFailed with counts by rule."""
    schema = polars_schema(table)
    try:
        typed = frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    except pl.exceptions.PolarsError:
        raise LoadFailed(f"{table.name} cannot be brought into its declared types: nothing was replaced.") from None
    if broken := violations(typed, table):
        counted = ", ".join(f"{rule}: {n} rows" for rule, n in sorted(broken.items()))
        raise LoadFailed(f"{table.name} breaks its rules ({counted}): nothing was replaced; check the sources.")
    key = [c.name for c in table.primary_key.columns]
    return typed if is_increasing(typed, key) else typed.sort(key)


def is_increasing(frame: pl.DataFrame, key: Sequence[str]) -> bool:
    """Whether every row's key is above the row's before: sorted and unique, without sorting or hashing."""
    above, same = pl.lit(False), pl.lit(True)
    for name in key:
        above = above | (same & (pl.col(name) > pl.col(name).shift(1)))
        same = same & (pl.col(name) == pl.col(name).shift(1))
    return bool(frame.select(above.slice(1).all()).item())
