"""Couples, mothers and twins of one block."""

import numpy as np

from generators.arrays import Floats, Ints
from generators.days import DAYS_A_YEAR, NEVER
from generators.households import NOBODY, families, first_member
from generators.twins import twin_of

START = 17_167
NO_TWINS = (np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def born(*ages: float) -> Ints:
    return (START - np.array(ages) * DAYS_A_YEAR).astype(np.int64)


def alive(n: int) -> Ints:
    return np.full(n, NEVER)


def zeros(n: int) -> Floats:
    return np.zeros((2, n))


def test_woman_and_man_near_in_age_are_a_couple_and_she_heads_it() -> None:
    birth = born(40, 41, 70)
    found = families(np.array([2, 1, 1]), birth, alive(3), birth > START, START, NO_TWINS, zeros(3))
    assert found.partner.tolist() == [1, 0, NOBODY]
    assert found.head.tolist() == [0, 0, 2]


def test_woman_who_draws_otherwise_lives_alone() -> None:
    birth = born(40, 41)
    uniforms = np.array([[0.0, 0.0], [0.56, 0.0]])
    found = families(np.array([2, 1]), birth, alive(2), birth > START, START, NO_TWINS, uniforms)
    assert found.partner.tolist() == [NOBODY, NOBODY]


def test_no_man_has_two_partners() -> None:
    generator = np.random.default_rng(1)
    sex, birth = generator.integers(1, 3, 4_000), born(*generator.uniform(25, 90, 4_000))
    found = families(
        sex, birth, alive(4_000), np.zeros(4_000, dtype=np.bool_), START, NO_TWINS, generator.random((2, 4_000))
    )
    paired = np.flatnonzero(found.partner >= 0)
    assert np.array_equal(found.partner[found.partner[paired]], paired)
    assert np.all(sex[paired] != sex[found.partner[paired]])
    women = (sex == 2).sum()
    assert 0.52 < (sex[paired] == 2).sum() / women < 0.58
    gap = np.abs(birth[paired] - birth[found.partner[paired]]) / DAYS_A_YEAR
    assert np.median(gap) < 5


def test_child_lives_with_a_mother_twenty_to_forty_two_years_older() -> None:
    birth = born(5, 22, 30, 60)
    sex = np.array([1, 2, 2, 2])
    minor = np.array([True, False, False, False])
    found = families(sex, birth, alive(4), minor, START, NO_TWINS, zeros(4))
    # 22 is only 17 years older and 60 is 55 years older.
    assert found.mother.tolist() == [2, NOBODY, NOBODY, NOBODY]
    assert found.head.tolist() == [2, 1, 2, 3]


def test_child_without_a_suitable_woman_heads_her_own_household() -> None:
    birth = born(5, 60)
    found = families(np.array([2, 2]), birth, alive(2), np.array([True, False]), START, NO_TWINS, zeros(2))
    assert found.mother.tolist() == [NOBODY, NOBODY]
    assert found.head.tolist() == [0, 1]


def test_woman_who_died_before_a_birth_is_not_the_mother() -> None:
    birth = born(-2, 30)
    minor = np.array([True, False])
    dead = np.array([NEVER, START + 100])
    assert families(np.array([1, 2]), birth, dead, minor, START, NO_TWINS, zeros(2)).mother[0] == NOBODY
    later = np.array([NEVER, START + 1_000])
    assert families(np.array([1, 2]), birth, later, minor, START, NO_TWINS, zeros(2)).mother[0] == 1


def test_no_woman_bears_two_children_within_nine_months_but_twins() -> None:
    birth = born(5, 5.5, 7, 35)
    minor = np.array([True, True, True, False])
    sex = np.array([1, 1, 2, 2])
    found = families(sex, birth, alive(4), minor, START, NO_TWINS, zeros(4))
    assert found.mother.tolist() == [NOBODY, 3, 3, NOBODY]
    birth[0] = birth[1]
    pair = (np.array([1]), np.array([0]))
    assert families(sex, birth, alive(4), minor, START, pair, zeros(4)).mother.tolist() == [3, 3, 3, NOBODY]


def test_household_lives_where_its_first_patient_lives_else_its_head() -> None:
    head = np.array([1, 1, 1, 3, 4])
    wanted = np.array([False, False, True, False, False])
    assert first_member(head, wanted).tolist() == [2, 2, 2, 3, 4]


def test_twins_are_neighbours_in_birth_of_one_stratum() -> None:
    generator = np.random.default_rng(2)
    birth, patient = generator.integers(START - 6_000, START, 10_000), generator.random(10_000) < 0.3
    minor = birth > START - 5_000
    first, second = twin_of(minor, patient, birth, generator.random(10_000))
    both = np.concatenate([first, second])
    assert len(np.unique(both)) == len(both)
    assert minor[both].all()
    assert np.array_equal(patient[first], patient[second])
    assert np.abs(birth[first] - birth[second]).max() < 60
    assert 0.02 < len(both) / minor.sum() < 0.04


def test_patient_and_control_are_no_twins() -> None:
    first, second = twin_of(np.array([True, True]), np.array([True, False]), born(5, 5), np.zeros(2))
    assert len(first) == len(second) == 0
    first, second = twin_of(np.array([True, True]), np.array([True, True]), born(5, 5), np.zeros(2))
    assert (first.tolist(), second.tolist()) == ([0], [1])


def test_block_without_minors_has_no_twins() -> None:
    first, second = twin_of(np.zeros(3, dtype=np.bool_), np.ones(3, dtype=np.bool_), born(30, 40, 50), np.zeros(3))
    assert len(first) == len(second) == 0
