"""Contacts with care in town: acts drawn as Poisson events over the days that a person is present."""

import numpy as np
import polars as pl

from generators.age_limits import raised
from generators.arrays import Floats, Ints
from generators.block import Block
from generators.days import DAYS_A_YEAR, is_sunday
from generators.draws import age_band, rates_by_sex_and_band
from generators.events import ACT, Events, events
from schema import reference


def expected(table: pl.DataFrame, persons: pl.DataFrame) -> Floats:
    """Events expected by (person, row of the table) over her days, at the rate of her age half-way through them.

    Rates of a table with age limits are those within them: whoever draws keeps to the limits. The seam of every later
    effect: what multiplies a rate multiplies this array.
    """
    first, last = persons["first"].to_numpy(), persons["last"].to_numpy()
    age = ((first + last) / 2 - persons["birth"].to_numpy()) / DAYS_A_YEAR
    rates = rates_by_sex_and_band(table)
    if "age_min" in table.columns:
        rates = rates * raised(table)
    return rates[persons["sex"].to_numpy() - 1, age_band(age)] * ((last - first + 1) / DAYS_A_YEAR)[:, None]


def spread(block: Block, purpose: str, mean: Floats, persons: pl.DataFrame) -> tuple[Ints, Ints, Ints]:
    """(position, row, day) of each event: Poisson counts, uniform over the person's days."""
    counts = block.stream(f"{purpose}: number").poisson(mean)
    position, row = np.nonzero(counts)
    times = counts[position, row]
    position, row = np.repeat(position, times), np.repeat(row, times)
    first, last = persons["first"].to_numpy()[position], persons["last"].to_numpy()[position]
    uniform = block.stream(f"{purpose}: day").random(len(position))
    return position, row, first + np.floor(uniform * (last - first + 1)).astype(np.int64)


def acts(block: Block, persons: pl.DataFrame) -> Events:
    """Acts in town; consultations of a Sunday move to Monday, and fall away if she does not see it."""
    table = reference.read("care_rate")
    mean = expected(table, persons) * np.sqrt(persons["frailty"].to_numpy())[:, None]
    position, row, day = spread(block, "act", mean, persons)
    quantity = 1 + block.stream("quantity of an act").poisson(table["mean_quantity"].to_numpy()[row] - 1.0)
    natures = reference.read("care_nature").filter(pl.col("family") == "consultation")["nature_code"].to_list()
    consultation = table["nature_code"].is_in(natures).to_numpy()[row]
    day = day + (consultation & is_sunday(day))
    kept = day <= persons["last"].to_numpy()[position]
    return events(ACT, position[kept], day[kept], row[kept], quantity[kept])
