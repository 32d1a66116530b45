"""What holds for every test."""

from collections.abc import Iterator

import pytest

from tests.randomness import left_alone


@pytest.fixture(autouse=True)
def _global_random_state_is_left_alone() -> Iterator[None]:
    with left_alone():
        yield
