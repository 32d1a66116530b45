"""Exact Poisson limits against published tables."""

import numpy as np
import pytest
from scipy.stats import poisson

from warehouse.epi.intervals import poisson_interval


@pytest.mark.parametrize(
    ("n_events", "lower", "upper"),
    # Ulm K., Am J Epidemiol 1990;131:373–375, and any table of exact 95 % Poisson limits.
    [(0, 0.0, 3.689), (1, 0.025, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (100, 81.364, 121.627)],
)
def test_limits_are_those_of_the_tables(n_events: int, lower: float, upper: float) -> None:
    found_lower, found_upper = poisson_interval(np.array([n_events]))
    assert found_lower[0] == pytest.approx(lower, abs=0.0006)
    assert found_upper[0] == pytest.approx(upper, abs=0.0006)


def test_each_limit_leaves_two_and_a_half_per_cent_beyond_the_count() -> None:
    counts = np.arange(1, 200)
    lower, upper = poisson_interval(counts)
    assert poisson.sf(counts - 1, lower) == pytest.approx(np.full(199, 0.025))
    assert poisson.cdf(counts, upper) == pytest.approx(np.full(199, 0.025))
