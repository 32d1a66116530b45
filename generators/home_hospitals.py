"""Which of the four hospitals a patient goes to: it is decided with the person, so that no draw is rejected."""

import numpy as np

from generators.arrays import Bools, Ints
from generators.block import Block
from schema import reference

HOSPITALS = 4
CANCER_CENTRE, UNIVERSITY_HOSPITAL = 2, 1  # hospitals of one city; the cancer centre takes adults only
SECOND_SHARE = 1 / 3  # of the cancer centre's patients are also the university hospital's; assumption


def home_hospital(block: Block, is_patient: Bools, minor: Bools) -> Ints:
    """Home hospital of each person, 1 to 4; 0 for controls."""
    weights = reference.read("facility")["weight"].to_numpy()[:HOSPITALS]
    adult_shares = np.cumsum(weights) / weights.sum()
    without = np.where(np.arange(HOSPITALS) == CANCER_CENTRE - 1, 0.0, weights)
    minor_shares = np.cumsum(without) / without.sum()
    uniform = block.uniform("home hospital")
    rows = np.where(
        minor,
        np.searchsorted(minor_shares[:-1], uniform, side="right"),
        np.searchsorted(adult_shares[:-1], uniform, side="right"),
    )
    return np.where(is_patient, rows + 1, 0)


def second_hospital(block: Block, home: Ints) -> Ints:
    """The university hospital for a third of the cancer centre's patients, 0 for everybody else."""
    also = (home == CANCER_CENTRE) & (block.uniform("second hospital") < SECOND_SHARE)
    return np.where(also, UNIVERSITY_HOSPITAL, 0)
