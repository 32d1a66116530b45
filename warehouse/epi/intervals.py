"""Exact confidence intervals of counts."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

CONFIDENCE = 0.95  # two-sided


def poisson_interval(
    n_events: NDArray[np.int64], confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact lower and upper limits of the mean of a Poisson count; no event has the lower limit 0.

    Source: Garwood F., Fiducial limits for the Poisson distribution, Biometrika 1936;28:437–442.
    """
    tail = (1 - confidence) / 2
    lower = np.where(n_events > 0, gammaincinv(np.maximum(n_events, 1), tail), 0.0)
    upper = gammaincinv(n_events + 1, 1 - tail)
    return lower, upper
