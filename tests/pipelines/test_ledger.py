"""Every row has one fate; a lost row and a changed cent are seen."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ledger import Ledger, Tally, from_json, read_ledger, same, tally, tally_files, tally_from_json, total
from schema.errors import LoadFailed

MONEY = pl.Decimal(11, 2)
CENTS = st.integers(-(10**11) + 1, 10**11 - 1)


def euros(*values: str | None) -> pl.DataFrame:
    amounts = [None if v is None else Decimal(v) for v in values]
    return pl.DataFrame({"fee": amounts, "n": range(len(values))}, schema={"fee": MONEY, "n": pl.Int64})


def balanced() -> Ledger:
    ledger = Ledger()
    ledger.add("claims", "read", "", Tally(3, {"fee": 1001}))
    ledger.add("claims", "kept", "", Tally(2, {"fee": 1000}))
    ledger.add("claims", "rejected", "null_in_fee", Tally(1, {"fee": 1}))
    return ledger


def test_tally_counts_rows_and_exact_cents_of_money_alone() -> None:
    assert tally(euros("0.10", "0.20", "-0.01", None)) == Tally(4, {"fee": 29})
    assert tally(euros()) == Tally(0, {"fee": 0})
    assert tally(pl.DataFrame({"n": [1, 2]})) == Tally(2, {})


def test_cents_are_not_lost_in_large_sums() -> None:
    amounts = euros(*["999999999.99"] * 1_000, "0.01")
    assert tally(amounts) == Tally(1_001, {"fee": 99_999_999_999 * 1_000 + 1})


@given(st.lists(CENTS, max_size=20))
def test_tally_of_a_frame_is_the_sum_of_its_cents(cents: list[int]) -> None:
    frame = euros(*(str(Decimal(c).scaleb(-2)) for c in cents))
    assert tally(frame) == Tally(len(cents), {"fee": sum(cents)})


def test_files_are_counted_as_the_frame_they_hold(tmp_path: Path) -> None:
    frame = euros("12.34", "-0.35", "7.00")
    frame.head(1).write_parquet(tmp_path / "a.parquet")
    frame.tail(2).write_parquet(tmp_path / "b.parquet")
    assert tally_files([tmp_path / "a.parquet", tmp_path / "b.parquet"]) == tally(frame) == Tally(3, {"fee": 1899})


@pytest.mark.parametrize(
    ("right", "agree"),
    [
        (Tally(2, {"fee": 5}), True),
        (Tally(2, {"fee": 5, "other": 0}), True),
        (Tally(1, {"fee": 5}), False),
        (Tally(2, {"fee": 6}), False),
        (Tally(2, {"other": 5}), False),
        (Tally(2), False),
        (Tally(2, {"fee": 5, "other": 1}), False),
    ],
)
def test_tallies_agree_on_rows_and_on_every_money_column(right: Tally, agree: bool) -> None:
    assert same(Tally(2, {"fee": 5}), right) is agree
    assert same(right, Tally(2, {"fee": 5})) is agree


def test_ledger_that_adds_up_passes() -> None:
    balanced().check_balance()


@pytest.mark.parametrize(
    ("fate", "amount"),
    [
        ("kept", Tally(1, {})),
        ("kept", Tally(-1, {})),
        ("merged", Tally(0, {"fee": 1})),
        ("filtered", Tally(0, {"fee": -1})),
        ("rejected", Tally(0, {"another": 5})),
        ("read", Tally(1, {})),
    ],
)
def test_lost_row_and_changed_cent_are_seen(fate: str, amount: Tally) -> None:
    ledger = balanced()
    ledger.add("drugs", "read", "", Tally(1))
    ledger.add("drugs", "kept", "", Tally(1))
    ledger.add("claims", fate, "a rule", amount)
    with pytest.raises(LoadFailed, match="Rows or cents do not add up in claims:"):
        ledger.check_balance()


def test_row_under_a_fate_that_does_not_exist_is_lost() -> None:
    ledger = Ledger()
    ledger.add("claims", "read", "", Tally(1))
    ledger.add("claims", "forgotten", "", Tally(1))
    with pytest.raises(LoadFailed, match="claims"):
        ledger.check_balance()


def test_entries_of_one_rule_add_up_and_others_stay_apart() -> None:
    ledger = balanced()
    ledger.add("claims", "rejected", "null_in_fee", Tally(4, {"fee": 10}))
    ledger.add("claims", "rejected", "no_parent", Tally(1))
    assert ledger.entries["claims", "rejected", "null_in_fee"] == Tally(5, {"fee": 11})
    assert ledger.of("claims", "rejected") == Tally(6, {"fee": 11})
    assert ledger.of("claims", "kept", "rejected") == Tally(8, {"fee": 1011})
    assert ledger.of("nothing", "kept") == Tally()


def test_ledgers_of_two_workers_add_up() -> None:
    ledger = balanced()
    ledger.extend(balanced())
    assert ledger.of("claims", "read") == Tally(6, {"fee": 2002})
    ledger.check_balance()


def test_ledger_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(balanced().as_json()))
    assert read_ledger(path).entries == balanced().entries
    assert from_json([]).tables() == []
    assert tally_from_json({"rows": 1, "cents": {"fee": 2}}) == Tally(1, {"fee": 2})


def test_sum_of_tallies_keeps_columns_that_only_one_has() -> None:
    assert total([Tally(1, {"a": 1}), Tally(2, {"b": 2}), Tally()]) == Tally(3, {"a": 1, "b": 2})
