"""Streams are named: by seed, purpose and block, and by nothing else."""

import numpy as np
import pytest

from generators.streams import WHOLE_WORLD, purpose_key, stream


def test_same_name_gives_the_same_draws() -> None:
    assert stream(7, "birth", 3).random(4).tolist() == stream(7, "birth", 3).random(4).tolist()


@pytest.mark.parametrize(("seed", "purpose", "block"), [(8, "birth", 3), (7, "death", 3), (7, "birth", 4)])
def test_another_seed_purpose_or_block_gives_other_draws(seed: int, purpose: str, block: int) -> None:
    assert stream(7, "birth", 3).random() != stream(seed, purpose, block).random()


def test_what_blocks_share_is_no_block_of_ten_million_persons() -> None:
    assert WHOLE_WORLD > 10_000_000 // 4_096
    assert stream(7, "x").random() == stream(7, "x", WHOLE_WORLD).random()


def test_purpose_is_the_first_eight_bytes_of_its_digest() -> None:
    # sha256("") begins e3b0c44298fc1c14.
    assert purpose_key("") == 0xE3B0C44298FC1C14


def test_drawing_from_one_stream_moves_no_other() -> None:
    one, other = stream(7, "a", 0), stream(7, "b", 0)
    expected = stream(7, "b", 0).random(3)
    one.random(1_000)
    assert np.array_equal(other.random(3), expected)
