"""The guard of the process-wide random generators sees what it should."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.randomness import left_alone

MOVES: list[Callable[[], object]] = [
    random.random,
    lambda: random.seed(1),
    np.random.random,
    lambda: np.random.seed(1),  # noqa: NPY002
]


@pytest.mark.parametrize("move", MOVES, ids=["random", "random.seed", "numpy", "numpy.seed"])
def test_use_of_a_process_wide_generator_is_seen(move: Callable[[], object]) -> None:
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with pytest.raises(AssertionError, match="named stream"), left_alone():
            move()
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def test_generator_of_its_own_is_no_offence() -> None:
    with left_alone():
        np.random.default_rng(1).random()
        random.Random(1).random()


@settings(max_examples=3)
@given(st.integers())
def test_property_tests_leave_the_generators_alone(number: int) -> None:
    assert isinstance(number, int)
