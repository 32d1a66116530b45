"""Exact numbers: whole cents in NumPy, decimals on disk."""

import numpy as np
import polars as pl
import pyarrow as pa

from generators.arrays import Ints


def decimals(units: Ints, scale: int = 2, precision: int = 11) -> pl.Series:
    """Whole units of 10^-scale as exact decimals: 2,550 at scale 2 is 25.50."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    np.right_shift(units, 63, out=words[:, 1])  # the high word of a 128-bit number repeats the sign
    kind = pa.decimal128(precision, scale)
    series = pl.from_arrow(pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)]))
    assert isinstance(series, pl.Series)
    return series


def cents(euros: pl.Series) -> Ints:
    """Decimal euros as whole cents."""
    return (euros.cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64).to_numpy().astype(np.int64)


def percent_of(cents_: Ints, rate_percent: Ints) -> Ints:
    """A percentage of an amount that is not negative, rounded half up to the cent."""
    return (cents_ * rate_percent + 50) // 100
