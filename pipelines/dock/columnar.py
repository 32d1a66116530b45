"""Parquet of any typing → frames in the file's own types, a batch at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.dock.report import Unreadable

BATCH_ROWS = 131_072
_DAMAGED = "it cannot be read as Parquet"


def read_names(path: Path) -> list[str]:
    """Column names as written; Unreadable where two are the same in capital letters."""
    try:
        names = list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None
    if len({name.strip().upper() for name in names}) < len(names):
        raise Unreadable("it names a column twice")
    return names


def count_rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None


def frames(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The columns of every row."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
                frame = pl.from_arrow(batch)
                if not isinstance(frame, pl.DataFrame):
                    raise TypeError("an Arrow batch becomes a frame")
                yield frame
    except (pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None
