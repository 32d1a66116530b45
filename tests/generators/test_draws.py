"""Draws by weight land where the weights say."""

import numpy as np
import polars as pl

from generators.draws import age_band, cumulative, grouped_shares, pick, rates_by_sex_and_band


def test_uniform_falls_into_the_row_that_covers_it() -> None:
    shares = cumulative(np.array([1.0, 0.0, 3.0]))
    assert shares.tolist() == [0.25, 0.25, 1.0]
    assert pick(shares, np.array([0.0, 0.2499, 0.25, 0.9999])).tolist() == [0, 0, 2, 2]


def test_row_is_drawn_within_its_group() -> None:
    shares = grouped_shares(np.array([0, 0, 1, 1, 1]), np.array([1.0, 1.0, 2.0, 1.0, 1.0]))
    group = np.array([0, 0, 1, 1, 1])
    assert shares.pick(group, np.array([0.49, 0.51, 0.49, 0.51, 0.76])).tolist() == [0, 1, 2, 3, 4]


def test_uniform_just_under_one_stays_in_its_group() -> None:
    shares = grouped_shares(np.arange(300).repeat(2), np.ones(600))
    # 299 + this uniform is 300 in floating point.
    assert shares.pick(np.array([298]), np.array([np.nextafter(1.0, 0.0)])).tolist() == [597]


def test_rates_are_laid_out_by_sex_band_and_row() -> None:
    columns = {f"{sex}_{age}": [i + j / 10] for i, sex in enumerate(("male", "female")) for j, age in
               enumerate((0, 20, 40, 60, 75))}  # fmt: skip
    rates = rates_by_sex_and_band(pl.DataFrame(columns))
    assert rates.shape == (2, 5, 1)
    assert rates[1, 3, 0] == 1.3


def test_band_begins_at_its_lower_bound() -> None:
    assert age_band(np.array([0.0, 19.99, 20.0, 59.9, 60.0, 75.0, 110.0])).tolist() == [0, 0, 1, 2, 3, 4, 4]
