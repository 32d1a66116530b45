"""Rows whose key was seen before; wide keys are compared only where a hash says that there may be any."""

from collections.abc import Sequence

import polars as pl


def split_repeats(frame: pl.DataFrame, key: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that are the first of their key, in order, and the later ones; a key with a null repeats none, as in SQL.

    Hashing nine columns and counting distinct hashes costs a tenth of comparing them, and different hashes prove
    different keys; equal hashes prove nothing, so only then is the key itself compared.
    """
    if frame.select(pl.struct(key).hash().n_unique()).item() == frame.height:
        return frame, frame.clear()
    has_null = pl.any_horizontal(pl.col(key).is_null())
    is_first = frame.select(first=pl.struct(key).is_first_distinct() | has_null)["first"]
    return frame.filter(is_first), frame.filter(~is_first)
