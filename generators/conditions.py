"""Chronic conditions: when each began, and when its long-term disease (ALD) was granted."""

from datetime import date
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from generators.block import Block
from generators.days import DAYS_A_YEAR, NEVER, day_number
from generators.draws import rates_by_sex_and_band
from schema import reference

BAND_MIDDLES = (0.0, 10.0, 30.0, 50.0, 67.5, 82.0)  # ages at which the prevalence of the bands is met; 0 at birth
ALD_BEGINS = date(1986, 1, 1)  # today's list of thirty diseases dates from 1986: no exemption under it is older
GRANT_DAYS = 90  # assumption: an ALD is granted within a quarter of the onset


@cache
def names() -> pl.Series:
    return reference.read("condition")["condition"]


@cache
def prevalence() -> Floats:
    """Prevalence by (sex − 1, age of BAND_MIDDLES, condition), never falling with age: conditions do not heal."""
    rates = rates_by_sex_and_band(reference.read("condition"))
    at_birth = np.zeros((2, 1, rates.shape[2]))
    return np.maximum.accumulate(np.concatenate([at_birth, rates], axis=1), axis=1)


def onset_days(block: Block, persons: pl.DataFrame) -> Ints:
    """Day of onset by (person, condition), NEVER if she does not live to see it or the world ends first.

    The age is the inverse of the prevalence curve at one uniform, so that prevalence and incidence agree.
    """
    curves = prevalence()
    uniform = block.stream("condition").random((persons.height, curves.shape[2]))
    frailty = persons["frailty"].to_numpy()[:, None]
    uniform = 1.0 - (1.0 - uniform) ** (1.0 / frailty)
    sex, birth = persons["sex"].to_numpy(), persons["birth"].to_numpy()
    age = np.full(uniform.shape, np.inf)
    for row in range(2):
        mine = sex == row + 1
        for condition in range(curves.shape[2]):
            curve = curves[row, :, condition]
            age[mine, condition] = np.interp(uniform[mine, condition], curve, BAND_MIDDLES, right=np.inf)
    day = birth[:, None] + np.floor(np.minimum(age, 1_000.0) * DAYS_A_YEAR).astype(np.int64)
    return np.where(day <= persons["last"].to_numpy()[:, None], day, NEVER)


def ald_days(block: Block, persons: pl.DataFrame, onset: Ints) -> Ints:
    """First day of the ALD by (person, condition), NEVER without one; never before the onset nor ALD_BEGINS."""
    share = reference.read("condition")["ald_share"].to_numpy()
    holds = block.stream("ALD").random(onset.shape) < share
    granted = np.maximum(onset, day_number(ALD_BEGINS)) + block.stream("ALD delay").integers(
        0, GRANT_DAYS, size=onset.shape
    )
    return np.where(holds & (granted <= persons["last"].to_numpy()[:, None]), granted, NEVER)
