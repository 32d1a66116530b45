"""Rows that name no person find her through the row they belong to, in partitions small enough for memory."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from pipelines.repeats import split_repeats
from schema.layout import part_name

SPREAD_ROWS = 2_000_000  # rows laid down at a time
PARTITION_ROWS = 1_000_000  # parent keys in memory at a time: about 75 MB for the nine columns of DCIR


class Spread:
    """Frames laid down by a hash of their join key: partition k of parents only meets partition k of children."""

    def __init__(self, scratch: Path, spread_by: str, partitions: int) -> None:
        self.scratch = scratch
        self.spread_by = spread_by
        self.partitions = partitions
        self.written = 0
        self.waiting: list[pl.DataFrame] = []

    def write(self, frame: pl.DataFrame) -> None:
        """Take one frame; order does not matter. Frames wait for others, so that files are few and not tiny."""
        self.waiting.append(frame)
        if sum(waiting.height for waiting in self.waiting) >= SPREAD_ROWS:
            self.flush()

    def flush(self) -> None:
        """Lay down what waits."""
        if not self.waiting:
            return
        frame, self.waiting = pl.concat(self.waiting), []
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

    Parents hold `on` and `idacc`. A key that stands for several persons is nobody's: its children are orphans with
    the rule `several_parents`. `scratch` must be empty; the caller removes it.
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
    above.flush()
    for frame in children:
        child_schema = dict(frame.schema)
        below.write(frame)
    below.flush()
    for number in range(partitions if child_schema else 0):
        schema = parent_schema or {name: child_schema[name] for name in on} | {"idacc": pl.UInt64()}
        known = _one_person_a_key(above.read(number, schema), on).lazy()
        # Lazily: an eager join on nine columns costs twice as much.
        found = below.read(number, child_schema).lazy().join(known, on=list(on), how="left").collect()
        rule = pl.when("is_several").then(pl.lit("several_parents")).otherwise(pl.lit("no_parent"))
        yield (
            found.filter(pl.col("idacc").is_not_null()).drop("is_several"),
            found.filter(pl.col("idacc").is_null()).with_columns(rule=rule).drop("idacc", "is_several"),
        )


def _one_person_a_key(parents: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """One row a key, with its `idacc`, or null and `is_several` where it stands for several persons."""
    first, repeated = split_repeats(parents, on)
    if repeated.is_empty():
        return first.with_columns(is_several=pl.lit(False))
    several = pl.col("idacc").n_unique() > 1
    person = pl.when(several).then(None).otherwise(pl.col("idacc").first())
    return parents.group_by(on).agg(person.alias("idacc"), is_several=several)
