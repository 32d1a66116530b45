"""One bucket: the rows of 8,192 consecutive patient keys, of every source."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.ledger import Tally, tally_files
from schema.codes import NO_DATE
from schema.errors import SchemaViolation


@contextmanager
def whole_bucket(table: str) -> Iterator[None]:
    """Name a bucket file that is absent or cannot be read, and what to do."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(
            f"hub/buckets/{table} cannot be read as Parquet: delete hub/buckets and run `emc2 run` again."
        ) from None


def of_schema(rows: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The columns of a schema; an error of Polars where one is absent or of another type."""
    selected = rows.select(schema.keys())
    if selected.schema != schema:
        raise pl.exceptions.SchemaError
    return selected


class BucketFiles(Mapping[str, pl.DataFrame]):
    """Rows of bucket `number` by raw table, read from its files each time they are asked for."""

    def __init__(self, directory: Path, number: int, schemas: dict[str, dict[str, pl.DataType]]) -> None:
        self.paths = {name: bucket_paths(directory / name, number) for name in schemas}
        self.schemas = schemas

    def __getitem__(self, table: str) -> pl.DataFrame:
        paths, schema = self.paths[table], self.schemas[table]
        if not paths:
            return pl.DataFrame(schema=schema)
        with whole_bucket(table):
            return of_schema(pl.read_parquet(paths, hive_partitioning=False), schema)

    def __iter__(self) -> Iterator[str]:
        return iter(self.schemas)

    def __len__(self) -> int:
        return len(self.schemas)

    def tally(self, table: str) -> Tally:
        """Rows and cents, reading no other column than money."""
        with whole_bucket(table):
            return tally_files(self.paths[table]) if self.paths[table] else Tally()


@dataclass(frozen=True)
class Bucket:
    """Rows of bucket `number` (from 0) by raw table, and the key of every code: dimension → (code, key).

    `has_claim_key` is false where an imported extract lacks a part of the nine-column key of claims.
    """

    number: int
    rows: Mapping[str, pl.DataFrame]
    keys: dict[str, pl.DataFrame]
    has_claim_key: bool = True

    def read(self, table: str) -> pl.DataFrame:
        """Rows of a raw table with `patient_key`; hospital tables have `source`, PMSI tables `exit_year`."""
        return self.rows[table]

    def key(self, frame: pl.DataFrame, dimension: str, code: str, alias: str) -> pl.DataFrame:
        """Replace column `code` by the key of its dimension; a missing code becomes 0."""
        keys = self.keys[dimension].rename({"key": alias})
        left = frame.join(keys, left_on=code, right_on="code", how="left", maintain_order="left")
        return left.with_columns(pl.col(alias).fill_null(0)).drop(code)


def bucket_paths(table: Path, number: int) -> list[Path]:
    return sorted((table / f"bucket={number}").glob("*.parquet"))


def no_sentinel(column: str) -> pl.Expr:
    """A date, null where the SNDS writes 1600-01-01 for none (traps.csv R5)."""
    return pl.when(pl.col(column) != pl.lit(NO_DATE).str.to_date()).then(pl.col(column)).alias(column)


def numbered(frame: pl.DataFrame, alias: str, within: str = "patient_key") -> pl.DataFrame:
    """Number rows from 1 within each value of `within`; the frame must be sorted by it."""
    return frame.with_columns((pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(within)).alias(alias))
