"""People die at the rates of the national table, times their frailty."""

import numpy as np
import polars as pl
import pytest

from generators.arrays import Floats, Ints
from generators.block import Block
from generators.days import NEVER
from generators.deaths import death_days
from schema import reference
from schema.configuration import Configuration

N = 4_096
THREE_YEARS, ONE_YEAR = Configuration(N), Configuration(N, first_year=2018, years=1)


def die(configuration: Configuration, sex: int, age: float, frailty: float, born_at: int | None = None) -> Ints:
    block = Block(3, configuration, 0)
    birth = np.full(N, block.start - round(age * 365.25) if born_at is None else born_at, dtype=np.int64)
    frailties: Floats = np.full(N, frailty)
    return death_days(block, np.full(N, sex), birth, np.maximum(birth, block.start), frailties)


@pytest.mark.parametrize(("sex", "age"), [(1, 80), (2, 80), (1, 90), (2, 95)])
def test_share_who_die_within_a_year_is_that_of_the_table(sex: int, age: int) -> None:
    table = reference.read("mortality").filter((pl.col("sex") == sex) & (pl.col("age") == age))
    qx = table["qx"].item()
    share = np.mean(die(ONE_YEAR, sex, age, 1.0) < NEVER)
    assert abs(share - qx) < 3 * np.sqrt(qx * (1 - qx) / N)


def test_frail_die_more() -> None:
    strong, frail = (np.mean(die(ONE_YEAR, 1, 85, frailty) < NEVER) for frailty in (0.5, 2.0))
    assert 3.2 < frail / strong < 4.0  # a little under 4: risks, not hazards


def test_deaths_lie_within_the_calendar() -> None:
    days = die(THREE_YEARS, 1, 97, 1.0)
    block = Block(3, THREE_YEARS, 0)
    dead = days[days < NEVER]
    assert len(dead) > 2_000
    assert dead.min() >= block.start
    assert dead.max() <= block.end


def test_nobody_dies_before_being_born() -> None:
    block = Block(3, THREE_YEARS, 0)
    days = die(THREE_YEARS, 1, 0, 60.0, born_at=block.start + 400)
    assert days.min() >= block.start + 400
    assert (days < NEVER).any()


def test_the_oldest_die_and_no_hazard_is_infinite() -> None:
    days = die(THREE_YEARS, 2, 112, 1.0)
    assert np.mean(days < NEVER) > 0.99


def test_deaths_of_three_years_add_up_year_by_year() -> None:
    table = reference.read("mortality").filter((pl.col("sex") == 1) & pl.col("age").is_in([80, 81, 82])).sort("age")
    alive = np.prod(1 - table["qx"].to_numpy())
    share = np.mean(die(THREE_YEARS, 1, 80, 1.0) < NEVER)
    assert abs(share - (1 - alive)) < 3 * np.sqrt(alive * (1 - alive) / N)
