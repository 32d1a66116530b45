"""Which records have which fault: one exclusive draw a family, at the rates of schema/reference/identity_fault.csv."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from generators.arrays import Bools
from generators.block import Block
from schema import reference

NONE = "none"
HOSPITALS, FUNDS = "hospitals", "funds"  # `source` in the file


def draw(block: Block, source: str, family: str, groups: Mapping[str, Bools], size: int) -> pl.Series:
    """Label of each of `size` records, `none` where it is right; `groups` says which records each `among` means.

    A family has a stream of its own, so a clean world differs in nothing else.
    """
    rates = reference.read("identity_fault").filter(pl.col("source") == source, pl.col("family") == family)
    uniform = block.stream(f"{family} of the {source}").random(size)
    label, limit = np.zeros(size, dtype=np.int64), np.zeros(size)
    for number, (rate, among) in enumerate(rates.select("rate", "among").iter_rows(), start=1):
        begins, limit = limit, limit + rate * block.fault_factor * groups[among]
        label[(uniform >= begins) & (uniform < limit)] = number
    return pl.concat([pl.Series([NONE]), rates["fault"]]).gather(pl.Series(label)).alias(family)


def labelled(labels: pl.Series, *faults: str) -> Bools:
    """Where one of the faults is."""
    return labels.is_in(list(faults)).to_numpy()
