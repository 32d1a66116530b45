"""Seeded bijections of whole numbers, for numbers that are unique over blocks and show no order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generators.arrays import Ints
from generators.streams import stream
from schema.errors import SettingsError

ROUNDS = 4  # Luby and Rackoff (1988): four rounds look like a random permutation
_MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, Knuth's multiplicative hash


@dataclass(frozen=True)
class Permutation:
    """A bijection of [0, size): balanced Feistel network with cycle walking."""

    size: int
    half_bits: int
    keys: tuple[int, ...]

    def __call__(self, numbers: Ints) -> Ints:
        """Image of each number; every number must lie in [0, size)."""
        image = self._once(numbers.astype(np.uint64))
        outside = np.flatnonzero(image >= self.size)
        while outside.size:
            walked = self._once(image[outside])
            image[outside] = walked
            outside = outside[walked >= self.size]
        return image.astype(np.int64)

    def _once(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        bits, mask = np.uint64(self.half_bits), np.uint64((1 << self.half_bits) - 1)
        left, right = numbers >> bits, numbers & mask
        for key in self.keys:
            mixed = (right ^ np.uint64(key)) * _MIXER
            mixed ^= mixed >> np.uint64(29)
            left, right = right, left ^ ((mixed * _MIXER) >> np.uint64(32)) & mask
        return (left << bits) | right


def permutation(seed: int, purpose: str, size: int) -> Permutation:
    """The bijection of [0, size) that belongs to a purpose; the size is at most 2^60."""
    half_bits = max(1, -(-(size - 1).bit_length() // 2))
    keys = stream(seed, f"permutation of {purpose}").integers(0, 2**63, size=ROUNDS)
    return Permutation(size, half_bits, tuple(int(key) for key in keys))


def unique_numbers(seed: int, purpose: str, block: int, count: int, stride: int, n_blocks: int) -> Ints:
    """`count` numbers that no other block has: block × stride + position, through the purpose's bijection."""
    if count > stride:
        raise SettingsError(f"A block needs more numbers for {purpose} than it was given; ask for fewer years.")
    return permutation(seed, purpose, stride * n_blocks)(block * stride + np.arange(count, dtype=np.int64))
