"""Which hospital a patient goes to."""

import numpy as np

from generators.block import Block
from generators.home_hospitals import home_hospital, second_hospital
from schema.configuration import Configuration

BLOCK = Block(5, Configuration(4_096), 0)
EVERYBODY = np.ones(4_096, dtype=np.bool_)


def test_controls_have_no_home_hospital() -> None:
    assert home_hospital(BLOCK, ~EVERYBODY, ~EVERYBODY).tolist() == [0] * 4_096


def test_half_of_the_adult_patients_are_the_university_hospitals() -> None:
    share = np.bincount(home_hospital(BLOCK, EVERYBODY, ~EVERYBODY), minlength=5) / 4_096
    # Weights 0.5, 0.12, 0.23, 0.15 of facility.csv; three standard errors at 4,096 persons.
    assert np.all(np.abs(share - [0.0, 0.5, 0.12, 0.23, 0.15]) < 0.024)


def test_cancer_centre_takes_no_minor() -> None:
    home = home_hospital(BLOCK, EVERYBODY, EVERYBODY)
    assert set(home.tolist()) == {1, 3, 4}


def test_third_of_the_cancer_centres_patients_are_also_the_university_hospitals() -> None:
    second = second_hospital(BLOCK, np.full(4_096, 2))
    assert set(second.tolist()) == {0, 1}
    assert abs(np.mean(second == 1) - 1 / 3) < 0.023


def test_nobody_else_has_a_second_hospital() -> None:
    home = np.tile([0, 1, 3, 4], 1_024)
    assert second_hospital(BLOCK, home).tolist() == [0] * 4_096
