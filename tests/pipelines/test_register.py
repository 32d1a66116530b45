"""The hub's register: numbers once given never change, and tell nothing about the order of delivery."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.register import SCHEMA, enrol, fingerprint, follow, highest, read_register, states, write_register
from schema.errors import SchemaViolation

EMPTY = pl.DataFrame(schema=SCHEMA)
PSEUDONYMS = st.lists(st.binary(min_size=1, max_size=2), max_size=8)


def series(*values: bytes) -> pl.Series:
    return pl.Series("pseudonym", values, pl.Binary)


def test_new_persons_take_the_next_numbers_in_pseudonym_order() -> None:
    register = enrol(EMPTY, series(b"m", b"c", b"x"), 1)
    shown = ("pseudonym", "patient_key", "first_delivery")
    assert register.select(shown).rows() == [(b"c", 1, 1), (b"m", 2, 1), (b"x", 3, 1)]
    assert enrol(register, series(b"z", b"a", b"m"), 2).select(shown).rows()[3:] == [(b"a", 4, 2), (b"z", 5, 2)]
    assert register["state"].unique().to_list() == ["enrolled"]


def test_numbers_once_given_never_change() -> None:
    first = enrol(EMPTY, series(b"m", b"x"), 1)
    assert enrol(first, series(b"a", b"x"), 2).head(2).equals(first)


def test_person_who_is_named_twice_is_enrolled_once() -> None:
    register = enrol(EMPTY, series(b"a", b"a", b"b", b"a"), 1)
    assert register["pseudonym"].to_list() == [b"a", b"b"]
    assert enrol(register, series(b"b", b"a"), 2).equals(register)


@given(st.permutations([bytes([i]) for i in range(9)]))
def test_order_within_one_delivery_does_not_matter(order: list[bytes]) -> None:
    assert enrol(EMPTY, series(*order), 1).equals(enrol(EMPTY, series(*sorted(order)), 1))


@given(PSEUDONYMS, PSEUDONYMS, PSEUDONYMS)
def test_register_is_append_only_and_its_numbers_have_no_gap(a: list[bytes], b: list[bytes], c: list[bytes]) -> None:
    register = EMPTY
    for delivery, pseudonyms in enumerate((a, b, c), 1):
        longer = enrol(register, series(*pseudonyms), delivery)
        assert longer.head(register.height).equals(register)
        assert longer["patient_key"].to_list() == list(range(1, longer.height + 1))
        assert set(longer["pseudonym"]) == set(register["pseudonym"]) | set(pseudonyms)
        register = longer


def test_register_is_read_as_written(tmp_path: Path) -> None:
    register = enrol(EMPTY, series(b"a", b"b"), 1)
    write_register(register, tmp_path)
    assert read_register(tmp_path).equals(register)
    assert [path.name for path in tmp_path.iterdir()] == ["register.parquet"]


def test_hub_without_a_register_starts_an_empty_one(tmp_path: Path) -> None:
    register = read_register(tmp_path)
    assert register.height == 0
    assert register.schema == pl.Schema(SCHEMA)


def test_spoilt_register_is_refused_and_never_begun_anew(tmp_path: Path) -> None:
    write_register(enrol(EMPTY, series(b"a"), 1), tmp_path)
    path = tmp_path / "register.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SchemaViolation, match="register.parquet cannot be read: restore it") as caught:
        read_register(tmp_path)
    assert caught.value.__suppress_context__


def test_register_half_written_leaves_the_old_one(tmp_path: Path) -> None:
    old = enrol(EMPTY, series(b"a"), 1)
    write_register(old, tmp_path)
    (tmp_path / "register.parquet.next").write_bytes(b"half")
    assert read_register(tmp_path).equals(old)
    write_register(enrol(old, series(b"b"), 2), tmp_path)
    assert read_register(tmp_path).height == 2


def orders(*rows: tuple[str, bytes, bytes | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"order": pl.String, "pseudonym": pl.Binary, "into": pl.Binary}, orient="row")


def state(register: pl.DataFrame) -> dict[int, str]:
    return dict(states(register).select("patient_key", "state").sort("patient_key").iter_rows())


ABC = enrol(EMPTY, series(b"a", b"b", b"c"), 1)


def test_order_is_a_further_row_and_changes_no_number() -> None:
    after = follow(ABC, orders(("merge", b"b", b"a"), ("oppose", b"c", None)), 2)
    assert after.head(3).equals(ABC)
    assert after.tail(2).rows() == [(b"b", 2, 2, "merged", 1), (b"c", 3, 2, "opposed", None)]
    assert state(after) == {1: "enrolled", 2: "merged", 3: "opposed"}
    assert fingerprint(after) == fingerprint(ABC)


def test_orders_followed_twice_change_nothing_the_second_time() -> None:
    said = orders(("merge", b"b", b"a"), ("split", b"a", b"c"), ("oppose", b"c", None), ("erase", b"a", None))
    once = follow(ABC, said, 2)
    assert follow(once, said, 3).equals(once)
    assert once.height == 7


def test_withdrawal_restores_and_a_new_opposition_hides_again() -> None:
    register = ABC
    for delivery, order in enumerate(("oppose", "withdraw", "oppose"), 2):
        register = follow(register, orders((order, b"a", None)), delivery)
    assert register.tail(3)["state"].to_list() == ["opposed", "restored", "opposed"]
    assert state(register)[1] == "opposed"


def test_split_says_into_whom_some_records_went_and_leaves_the_person_enrolled() -> None:
    register = follow(ABC, orders(("split", b"a", b"b"), ("split", b"a", b"c")), 2)
    assert register.tail(2).select("state", "into").rows() == [("split", 2), ("split", 3)]
    assert state(register)[1] == "enrolled"


def test_order_about_somebody_never_enrolled_changes_nothing() -> None:
    assert follow(ABC, orders(("oppose", b"z", None), ("merge", b"y", b"a")), 2).equals(ABC)


def test_numbers_go_on_after_orders_without_a_gap() -> None:
    register = enrol(follow(ABC, orders(("oppose", b"a", None)), 2), series(b"d"), 3)
    assert highest(register) == 4
    assert register.tail(1)["patient_key"].item() == 4
