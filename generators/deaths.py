"""Day of death: national mortality by sex and year of age, times frailty."""

import numpy as np

from generators.arrays import Floats, Ints
from generators.block import Block
from generators.days import DAYS_A_YEAR, NEVER
from schema import reference

CERTAIN = 0.999  # the table ends in certain death, whose hazard would be infinite


def death_days(block: Block, sex: Ints, birth: Ints, first: Ints, frailty: Floats) -> Ints:
    """Day of death of each person between her first day and the end of the world, NEVER if she outlives it."""
    table = reference.read("mortality").sort("sex", "age")
    hazard = -np.log1p(-np.minimum(table["qx"].to_numpy(), CERTAIN)).reshape(2, -1)
    age = np.floor((first - birth) / DAYS_A_YEAR).astype(np.int64)
    ages = age[:, None] + np.arange(block.configuration.years + 2)
    rate = hazard[sex[:, None] - 1, np.minimum(ages, hazard.shape[1] - 1)] * frailty[:, None] / DAYS_A_YEAR
    birthdays = birth[:, None] + ages * DAYS_A_YEAR
    opens = np.maximum(birthdays, first[:, None])
    closes = np.clip(birthdays + DAYS_A_YEAR, opens, block.end + 1.0)
    hazards = np.cumsum(rate * np.maximum(closes - opens, 0.0), axis=1)
    target = -np.log1p(-block.uniform("death"))
    segment = (hazards <= target[:, None]).sum(axis=1)
    dies = segment < ages.shape[1]
    at = np.minimum(segment, ages.shape[1] - 1)
    row = np.arange(len(sex))
    left = (hazards[row, at] - target) / rate[row, at]
    day = np.floor(closes[row, at] - left)
    return np.where(dies, np.clip(day, first, block.end), NEVER).astype(np.int64)
