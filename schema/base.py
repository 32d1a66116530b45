"""The star's declarative base, and the Polars schema that follows from a table."""

from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

EUROS = sa.Numeric(11, 2)


class Star(DeclarativeBase):
    """Base of the star: the first docstring line of a class is its grain, comments say meaning, unit and null."""


def key(comment: str) -> Any:
    """Part of the primary key."""
    return mapped_column(sa.Integer, primary_key=True, autoincrement=False, comment=comment)


def column(type_: Any, comment: str, *, null: str | None = None) -> Any:
    """A column; `null` says what a missing value means, and without it none may be missing."""
    meaning = comment if null is None else f"{comment}; null: {null}"
    return mapped_column(type_, nullable=null is not None, comment=meaning)


def table_of(cls: type[Star]) -> sa.Table:
    assert isinstance(cls.__table__, sa.Table)
    return cls.__table__


def table_arguments(*checks: tuple[str, str]) -> tuple[Any, ...]:
    """Named CHECK rules of a table as SQL that DuckDB and `polars.sql_expr` both read.

    No `(?:` in a rule: SQLAlchemy takes `:name` for a bind parameter.
    """
    return tuple(sa.CheckConstraint(rule, name=name) for name, rule in checks)


def polars_type(type_: sa.types.TypeEngine[Any]) -> pl.DataType:
    """The Polars type in which a star column lies on disk."""
    match type_:
        case sa.SmallInteger():
            return pl.Int16()
        case sa.BigInteger():
            return pl.Int64()
        case sa.Integer():
            return pl.Int32()
        case sa.Numeric(precision=int() as precision, scale=int() as scale):
            return pl.Decimal(precision, scale)
        case sa.Boolean():
            return pl.Boolean()
        case sa.Date():
            return pl.Date()
        case sa.String():
            return pl.String()
    raise TypeError(f"no Polars type for {type_!r}")


def polars_schema(table: sa.Table) -> dict[str, pl.DataType]:
    """Column names and types of a star table, in declared order."""
    return {c.name: polars_type(c.type) for c in table.columns}
