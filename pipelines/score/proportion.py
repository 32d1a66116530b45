"""Counts → precision, recall and F1, each with its exact 95 % interval (Clopper and Pearson 1934)."""

from dataclasses import dataclass

from scipy.special import betaincinv

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """A share and its interval; of nothing there is none."""

    value: float | None
    low: float | None
    high: float | None


def proportion(count: int, of: int) -> Proportion:
    """`count` of `of`."""
    if of == 0:
        return Proportion(None, None, None)
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, of - count + 1, tail))
    high = 1.0 if count == of else float(betaincinv(count + 1, of - count, 1 - tail))
    return Proportion(count / of, low, high)


def f1(right: int, links: int, findable: int) -> Proportion:
    """The harmonic mean of precision and recall.

    It is 2J / (1 + J), where J is the share of right links among all that was found or should have been, so its
    interval is that of J, carried over.
    """
    share = proportion(right, links + findable - right)
    return Proportion(*(None if j is None else 2 * j / (1 + j) for j in (share.value, share.low, share.high)))
