"""Amounts are exact from the first draw to the disk."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from generators.money import cents, decimals, percent_of


def test_whole_cents_become_decimals() -> None:
    series = decimals(np.array([2_550, 0, 1, 99_999_999_999]))
    assert series.dtype == pl.Decimal(11, 2)
    assert series.to_list() == [Decimal("25.50"), Decimal("0.00"), Decimal("0.01"), Decimal("999999999.99")]


def test_negative_amount_keeps_its_sign() -> None:
    assert decimals(np.array([-1, -2_550])).to_list() == [Decimal("-0.01"), Decimal("-25.50")]


def test_scale_and_precision_are_those_asked() -> None:
    series = decimals(np.array([1_080_000]), scale=5, precision=18)
    assert series.dtype == pl.Decimal(18, 5)
    assert series.to_list() == [Decimal("10.80000")]


def test_no_row_is_lost_when_there_is_none() -> None:
    assert decimals(np.array([], dtype=np.int64)).to_list() == []


def test_euros_become_cents_exactly() -> None:
    euros = pl.Series(["0.29", "1.15", "139.05"]).cast(pl.Decimal(11, 2))
    assert cents(euros).tolist() == [29, 115, 13_905]


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [
        (2_500, 70, 1_750),
        (315, 60, 189),
        (125, 30, 38),
        (10, 15, 2),
        (10, 5, 1),
        (9, 5, 0),
        (0, 65, 0),
        (333, 100, 333),
    ],
)
def test_reimbursement_is_rounded_half_up(amount: int, rate: int, expected: int) -> None:
    assert percent_of(np.array([amount]), np.array([rate])).tolist() == [expected]
