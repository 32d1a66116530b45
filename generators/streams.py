"""Named random streams: each thing that is drawn has a stream of its own."""

from hashlib import sha256

import numpy as np

WHOLE_WORLD = 0xFFFFFFFF  # block number of what all blocks share


def purpose_key(purpose: str) -> int:
    """A purpose as a number: the first 8 bytes of its SHA-256."""
    return int.from_bytes(sha256(purpose.encode()).digest()[:8], "big")


def stream(seed: int, purpose: str, block: int = WHOLE_WORLD) -> np.random.Generator:
    """The stream of one purpose in one block; a new purpose moves no other stream."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose_key(purpose), block])))
