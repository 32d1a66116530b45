"""Numbers are moved about without loss: each once, in no order that shows."""

import numpy as np
import pytest

from generators.permutation import permutation, unique_numbers
from schema.errors import SettingsError


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 17, 64, 65, 1_000, 4_097])
def test_every_number_is_met_once(size: int) -> None:
    assert sorted(permutation(7, "test", size)(np.arange(size)).tolist()) == list(range(size))


def test_image_does_not_depend_on_the_other_numbers_asked() -> None:
    whole = permutation(7, "test", 1_000)
    assert whole(np.array([17])).tolist() == whole(np.arange(1_000))[17:18].tolist()


def test_order_does_not_show() -> None:
    image = permutation(7, "test", 100_000)(np.arange(100_000))
    # Neighbours of a random permutation are in rising order half of the time, standard error 0.0009.
    assert abs(np.mean(np.diff(image) > 0) - 0.5) < 0.01
    assert abs(np.corrcoef(np.arange(100_000), image)[0, 1]) < 0.02


def test_seed_and_purpose_choose_the_permutation() -> None:
    numbers = np.arange(1_000)
    first = permutation(7, "a", 1_000)(numbers)
    assert not np.array_equal(first, permutation(8, "a", 1_000)(numbers))
    assert not np.array_equal(first, permutation(7, "b", 1_000)(numbers))


def test_image_is_pinned() -> None:
    # Numbers already written must come out again: a change here changes every world.
    assert permutation(1, "x", 1_000)(np.arange(4)).tolist() == [501, 643, 848, 732]


def test_blocks_never_share_a_number() -> None:
    blocks = [unique_numbers(7, "n", block, 50, 64, 10) for block in range(10)]
    joined = np.concatenate(blocks)
    assert len(np.unique(joined)) == 500
    assert joined.min() >= 0
    assert joined.max() < 640


def test_block_that_runs_out_of_numbers_says_what_to_do() -> None:
    with pytest.raises(SettingsError, match="ask for fewer years"):
        unique_numbers(7, "statement", 0, 65, 64, 10)
