"""Who lives with whom: couples, mothers and children of one block."""

from dataclasses import dataclass

import numpy as np

from generators.arrays import Bools, Floats, Ints
from generators.days import DAYS_A_YEAR, NEVER

NOBODY = -1
COUPLE_SHARE = 0.55  # of women of 25 and over, assumption
COUPLE_AGE = 25
MAN_OLDER_DAYS = 2 * DAYS_A_YEAR  # assumption: men are about two years older than their partner
MOTHER_AGES = (20, 42)  # years at a birth, assumption
BETWEEN_BIRTHS_DAYS = 280  # one pregnancy


@dataclass(frozen=True)
class Families:
    """Positions within the block, NOBODY where there is none; `head` is always somebody."""

    mother: Ints
    partner: Ints
    head: Ints


def families(
    sex: Ints, birth: Ints, death: Ints, minor: Bools, start: int, twins: tuple[Ints, Ints], uniforms: Floats
) -> Families:
    """Families of a block; `uniforms` has two rows: choice of the mother, and of being a couple."""
    n = len(sex)
    partner = _couples(sex, birth, minor, start, uniforms[1])
    mother = _mothers(sex, birth, death, minor, twins, uniforms[0])
    own = np.arange(n)
    head = np.where((sex == 1) & (partner != NOBODY), partner, own)
    head = np.where(mother != NOBODY, mother, head)
    return Families(mother, partner, head)


def _couples(sex: Ints, birth: Ints, minor: Bools, start: int, uniform: Floats) -> Ints:
    """Partner of each adult: women and men in the order of their birth are joined rank by rank."""
    grown = ~minor & (birth <= start - COUPLE_AGE * DAYS_A_YEAR)
    women = np.flatnonzero(grown & (sex == 2) & (uniform < COUPLE_SHARE))
    men = np.flatnonzero(grown & (sex == 1))
    women = women[np.argsort(birth[women], kind="stable")]
    men = men[np.argsort(birth[men], kind="stable")]
    # The men nearest in age: each woman's rank among all men, moved up where two would take the same man.
    wanted = np.searchsorted(birth[men], birth[women] - MAN_OLDER_DAYS)
    step = np.arange(len(women))
    rank = np.maximum.accumulate(wanted - step) + step if len(women) else wanted
    fits = rank < len(men)
    partner = np.full(len(sex), NOBODY, dtype=np.int64)
    partner[women[fits]] = men[rank[fits]]
    partner[men[rank[fits]]] = women[fits]
    return partner


def _mothers(sex: Ints, birth: Ints, death: Ints, minor: Bools, twins: tuple[Ints, Ints], uniform: Floats) -> Ints:
    """Mother of each minor, a woman of the block of the right age who lived to bear her."""
    mother = np.full(len(sex), NOBODY, dtype=np.int64)
    women = np.flatnonzero(~minor & (sex == 2))
    women = women[np.argsort(birth[women], kind="stable")]
    children = np.setdiff1d(np.flatnonzero(minor), twins[1])
    low = np.searchsorted(birth[women], birth[children] - MOTHER_AGES[1] * DAYS_A_YEAR)
    high = np.searchsorted(birth[women], birth[children] - MOTHER_AGES[0] * DAYS_A_YEAR)
    row = low + np.floor(uniform[children] * (high - low)).astype(np.int64)
    found = high > low
    children, chosen = children[found], women[row[found]]
    lived = (death[chosen] == NEVER) | (death[chosen] >= birth[children])
    children, chosen = children[lived], chosen[lived]
    order = np.lexsort((children, birth[children], chosen))
    children, chosen = children[order], chosen[order]
    too_soon = (np.diff(chosen, prepend=NOBODY) == 0) & (
        np.diff(birth[children], prepend=birth[children[:1]]) < BETWEEN_BIRTHS_DAYS
    )
    mother[children[~too_soon]] = chosen[~too_soon]
    mother[twins[1]] = mother[twins[0]]
    return mother


def first_member(head: Ints, wanted: Bools) -> Ints:
    """For each person the first wanted member of her household, else its head."""
    n = len(head)
    first = np.full(n, n, dtype=np.int64)
    members = np.flatnonzero(wanted)
    np.minimum.at(first, head[members], members)
    return np.where(first[head] < n, first[head], head)
