"""Shares with exact intervals, and F1 with one that follows from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.score.proportion import Proportion, f1, proportion


@pytest.mark.parametrize("n", [1, 10, 300])
def test_interval_of_none_and_of_all_is_the_one_in_closed_form(n: int) -> None:
    none, every = proportion(0, n), proportion(n, n)
    assert (none.value, none.low, every.value, every.high) == (0, 0, 1, 1)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / n))
    assert every.low == pytest.approx(0.025 ** (1 / n))


def test_interval_is_the_one_that_clopper_and_pearson_print() -> None:
    found = proportion(3, 10)
    assert found.low == pytest.approx(0.0667, abs=5e-5)
    assert found.high == pytest.approx(0.6525, abs=5e-5)


def test_share_of_nothing_is_unknown() -> None:
    assert proportion(0, 0) == Proportion(None, None, None)
    assert f1(0, 0, 0) == Proportion(None, None, None)


@given(st.integers(1, 500), st.integers(0, 50), st.integers(0, 50))
def test_f1_is_the_harmonic_mean_of_precision_and_recall_within_its_interval(
    right: int, wrong: int, missed: int
) -> None:
    found = f1(right, right + wrong, right + missed)
    precision, recall = right / (right + wrong), right / (right + missed)
    assert found.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 2 * precision * recall / (precision + recall) + 1e-12
    assert found.high >= 2 * precision * recall / (precision + recall) - 1e-12
