"""What a custodian can read in the structure of match-keys, on keys written out."""

import polars as pl

from benchmarks.exposure import presence, twin_pairs, with_two_keys
from pipelines.vault import SCHEMA


def keys(*rows: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["idacc", "key"], orient="row")


def test_twins_agree_on_all_but_the_first_name() -> None:
    without_given = keys((1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c"))
    with_given = keys((1, "A1"), (2, "A2"), (3, "B"), (4, "B"), (5, "C"))

    assert twin_pairs(without_given, with_given) == 1  # 3 and 4 are one person's two lines


def test_record_with_two_keys_of_one_pass_has_two_names() -> None:
    assert with_two_keys(keys((1, "a"), (1, "b"), (2, "c"), (2, "c"))) == 1


def test_presence_counts_persons_by_hospital_and_not_their_records() -> None:
    rows = [("hospital_1", b"p"), ("hospital_1", b"p"), ("hospital_2", b"p"), ("hospital_2", b"q"), ("funds", b"r")]
    vault = pl.DataFrame(rows, schema=["source", "person"], orient="row").with_columns(kind=pl.lit("handle"))
    found = presence(vault)

    assert {*vault.columns} <= {*SCHEMA}
    assert (found["persons_seen_at_a_hospital"], found["persons_seen_at_two_or_more"]) == (2, 1)
    assert (found["persons_seen_at_hospital_1"], found["persons_seen_at_hospital_2"]) == (1, 2)
