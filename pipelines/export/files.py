"""One file a table, written a piece at a time: delimited text or Parquet."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from pipelines.export.dialect import Dialect


class CsvFile:
    """`<TABLE>.csv`, header first; columns in `names` are called by their other name."""

    def __init__(self, out: Path, table: str, names: Mapping[str, str], dialect: Dialect) -> None:
        self.table, self.names, self.dialect = table, names, dialect
        self.path = out / f"{table}{dialect.suffix}"
        self.file = dialect.open(self.path)
        self.is_empty = True

    def add(self, piece: pl.DataFrame) -> None:
        named = piece.rename(self.names, strict=False)
        self.file.write(self.dialect.text(self.table, named, with_header=self.is_empty))
        self.is_empty = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.file.close()


class ParquetFile:
    """`<TABLE>.parquet`; columns in `names` are called by their other name."""

    def __init__(self, out: Path, table: str, names: Mapping[str, str]) -> None:
        self.table, self.names = table, names
        self.path = out / f"{table}.parquet"
        self.writer: pq.ParquetWriter | None = None

    def add(self, piece: pl.DataFrame) -> None:
        rows = piece.rename(self.names, strict=False).to_arrow()
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, rows.schema, compression="zstd")
        if rows.num_rows:
            self.writer.write_table(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.writer is not None:
            self.writer.close()
