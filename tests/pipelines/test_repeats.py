"""Rows whose key was seen before, whatever the width of the key."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.repeats import split_repeats

ROWS = st.lists(st.tuples(st.integers(0, 2) | st.none(), st.sampled_from("ab") | st.none(), st.integers()), max_size=20)


@given(ROWS)
def test_later_rows_of_a_key_are_repeats_but_a_null_repeats_nothing(rows: list[tuple[int, str, int]]) -> None:
    rows = [(a, b, n % 1000) for a, b, n in rows]
    frame = pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.String, "n": pl.Int64}, orient="row")
    first, repeated = split_repeats(frame, ("a", "b"))
    kept: dict[tuple[object, ...], tuple[int, str, int]] = {}
    for place, row in enumerate(rows):
        kept.setdefault((*row[:2], place) if None in row[:2] else row[:2], row)
    assert first.rows() == list(kept.values())
    assert sorted([*first.rows(), *repeated.rows()], key=str) == sorted(rows, key=str)


def test_frame_without_repeats_is_whole() -> None:
    frame = pl.DataFrame({"a": [3, 1, 2]})
    first, repeated = split_repeats(frame, ("a",))
    assert first.equals(frame)
    assert repeated.height == 0
    assert repeated.schema == frame.schema
