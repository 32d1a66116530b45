"""The process-wide random generators, which no code may touch: draws come from named streams."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def left_alone() -> Iterator[None]:
    """Fails when the block moves the state of `random` or of NumPy's global generator."""
    before = _states()
    yield
    assert _states() == before, "a process-wide random generator was used or seeded: draw from a named stream"


def _states() -> tuple[object, bytes, int]:
    _, words, position, *_ = np.random.get_state()  # noqa: NPY002
    return random.getstate(), np.asarray(words).tobytes(), int(position)
