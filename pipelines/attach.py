"""Rows that name no person find her through the row they belong to, in partitions small enough for memory."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from pipelines.repeats import split_repeats
from schema.layout import part_name

PARTITION_ROWS = 2_000_000  # parent keys in memory at a time: about 150 MB for the nine columns of DCIR


class Spread:
    """Frames laid down by a hash of their join key: partition k of parents only meets partition k of children."""

    def __init__(self, scratch: Path, spread_by: str, partitions: int) -> None:
        self.scratch = scratch
        self.spread_by = spread_by
        self.partitions = partitions
        self.written = 0

    def write(self, frame: pl.DataFrame) -> None:
        """Lay one frame down; order does not matter."""
        pieces = (
            frame.with_columns(_p=pl.col(self.spread_by).hash() % self.partitions)
            .partition_by("_p", as_dict=True, include_key=False)
            .items()
        )
        for (number,), piece in pieces:
            folder = self.scratch / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            piece.write_parquet(folder / part_name(self.written), compression="lz4", statistics=False)
        self.written += 1

    def read(self, number: int, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        paths = sorted((self.scratch / str(number)).glob("*.parquet"))
        return pl.read_parquet(paths) if paths else pl.DataFrame(schema=schema)


def partitions_for(parent_rows: int) -> int:
    return max(1, -(-parent_rows // PARTITION_ROWS))


def attach(
    parents: Iterable[pl.DataFrame],
    children: Iterable[pl.DataFrame],
    on: Sequence[str],
    spread_by: str,
    scratch: Path,
    partitions: int,
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Per partition, children with their parent's `idacc`, and orphans with the rule `no_parent`.

    Parents hold `on` and `idacc`; where a key stands for several parents the first matching id wins, so that no child
    is multiplied. `scratch` must be empty; the caller removes it.
    """
    above, below = (
        Spread(scratch / "parents", spread_by, partitions),
        Spread(scratch / "children", spread_by, partitions),
    )
    parent_schema: dict[str, pl.DataType] = {}
    child_schema: dict[str, pl.DataType] = {}
    for frame in parents:
        parent_schema = dict(frame.schema)
        above.write(frame)
    for frame in children:
        child_schema = dict(frame.schema)
        below.write(frame)
    for number in range(partitions if child_schema else 0):
        found = below.read(number, child_schema)
        known = split_repeats(above.read(number, parent_schema), on)[0] if parent_schema else None
        if known is None:
            found = found.with_columns(idacc=pl.lit(None, pl.UInt64))
        else:
            found = found.lazy().join(known.lazy(), on=list(on), how="left").collect()  # eager costs twice as much
        yield (
            found.filter(pl.col("idacc").is_not_null()),
            found.filter(pl.col("idacc").is_null()).drop("idacc").with_columns(rule=pl.lit("no_parent")),
        )
