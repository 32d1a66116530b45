"""Which persons are made together, and the streams that draw them."""

from dataclasses import dataclass

import numpy as np

from generators.arrays import Floats
from generators.days import day_number
from generators.streams import stream
from schema.configuration import BLOCK_PERSONS, Configuration


@dataclass(frozen=True)
class Block:
    """Which persons are made together: a pure function of (seed, configuration, number)."""

    seed: int
    configuration: Configuration
    number: int
    times: float = 1.0  # how many times as often as the file of rates says identities are mistaken

    @property
    def base(self) -> int:
        return self.number * BLOCK_PERSONS

    @property
    def size(self) -> int:
        return min(BLOCK_PERSONS, self.configuration.persons - self.base)

    @property
    def start(self) -> int:
        return day_number(self.configuration.start)

    @property
    def end(self) -> int:
        return day_number(self.configuration.end)

    @property
    def fault_factor(self) -> float:
        """What the rates of identity_fault.csv are multiplied by."""
        return 0.0 if self.configuration.clean else self.times

    def stream(self, purpose: str) -> np.random.Generator:
        return stream(self.seed, purpose, self.number)

    def uniform(self, purpose: str) -> Floats:
        """One number of [0, 1) a person."""
        return self.stream(purpose).random(self.size)
