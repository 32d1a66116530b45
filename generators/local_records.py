"""Under which local numbers the hospitals file their stays: one record a person and hospital, but for mistakes."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators import fault_rates
from generators.arrays import Bools, Ints
from generators.block import Block
from generators.days import days_of_dates
from generators.fault_rates import HOSPITALS, labelled
from generators.permutation import permutation
from schema import layout
from schema.configuration import BLOCK_PERSONS

FACILITIES = 1_000  # more than facility.csv has: (person, facility) as one number
NUMBER_DIGITS = 9
LONGEST_YEAR = 366
SECOND_SHARE = 0.5  # of the stays between the first and the last are filed under the second number; assumption


@dataclass(frozen=True)
class LocalRecords:
    """One entry a record, sorted by position, facility and rank, and one a stay: `of_stay`, the row of its record.

    `holder` is the row under whose number and identity the record's stays are filed: its own, but for a person taken
    for another. `first_day` is that of its first stay.
    """

    position: Ints
    facility: Ints
    rank: Ints
    holder: Ints
    first_day: Ints
    fault: pl.Series
    of_stay: Ints


def local_records(block: Block, persons: pl.DataFrame, stays: pl.DataFrame) -> LocalRecords:
    """Draw who has two numbers at one of the four hospitals, and who lies under another's.

    `stays` are sorted by person and entry. Of a person with two numbers the first stay is under the first, the last
    under the second.
    """
    keys, inverse, count = np.unique(
        stays["position"].to_numpy() * FACILITIES + stays["facility"].to_numpy(),
        return_inverse=True,
        return_counts=True,
    )
    position, facility = keys // FACILITIES, keys % FACILITIES
    entry = days_of_dates(stays["entry"])
    first_day = _first_days(entry, inverse, len(keys))
    host, alone = _hosts(persons, position, facility)
    born = persons["birth"].to_numpy()[position[host]]
    ours = facility < len(layout.HOSPITALS)
    groups: dict[str, Bools] = {
        "two_stays": ours & (count > 1) & alone,
        "relative_there": ours & (host != np.arange(len(keys))) & (born + LONGEST_YEAR <= first_day),
    }
    fault = fault_rates.draw(block, HOSPITALS, "local_number_fault", groups, len(keys))
    host = np.where(labelled(fault, "under_anothers"), host, np.arange(len(keys)))
    return _split(block, position, facility, host, fault, inverse, entry)


def _first_days(entry: Ints, of_stay: Ints, records: int) -> Ints:
    first = np.full(records, np.iinfo(np.int64).max)
    np.minimum.at(first, of_stay, entry)
    return first


def _hosts(persons: pl.DataFrame, position: Ints, facility: Ints) -> tuple[Ints, Bools]:
    """Row of the first of each person's household at the hospital, and whether she is the only one."""
    household = persons["head"].to_numpy()[position] * FACILITIES + facility
    _, first, group, count = np.unique(household, return_index=True, return_inverse=True, return_counts=True)
    return first[group].astype(np.int64), count[group] == 1


def _split(
    block: Block, position: Ints, facility: Ints, host: Ints, fault: pl.Series, of_person: Ints, entry: Ints
) -> LocalRecords:
    """A second record after the first of each person who has two."""
    rows = np.arange(len(position))
    is_split = labelled(fault, "split")
    start = rows + np.cumsum(is_split) - is_split
    row = np.repeat(rows, 1 + is_split)
    holder = np.arange(len(row))
    holder[start[~is_split]] = start[host[~is_split]]
    of_stay = start[of_person] + (is_split[of_person] & _is_second(block, of_person))
    is_host = np.isin(rows, host[host != rows])
    label = pl.select(pl.when(pl.Series(is_host)).then(pl.lit("holds_another")).otherwise(fault)).to_series()
    return LocalRecords(
        position[row],
        facility[row],
        np.arange(len(row)) - start[row] + 1,
        holder,
        _first_days(entry, of_stay, len(row)),
        label.gather(pl.Series(row)),
        of_stay,
    )


def _is_second(block: Block, of_person: Ints) -> Bools:
    """Whether a stay is filed under the second number, where there is one."""
    drawn = block.stream("local number of a stay").random(len(of_person)) < SECOND_SHARE
    drawn[np.unique(of_person, return_index=True)[1]] = False
    drawn[len(of_person) - 1 - np.unique(of_person[::-1], return_index=True)[1]] = True
    return drawn


def patient_numbers(block: Block, local: LocalRecords) -> pl.Series:
    """Number that one of the four hospitals gives to each record, unique at that hospital; null elsewhere.

    The P tells it from a stay's. A record whose patient was taken for another has the other's number.
    """
    size = BLOCK_PERSONS * block.configuration.n_blocks
    held = (local.rank[local.holder] - 1) * size + block.base + local.position[local.holder]
    drawn = np.full(len(held), -1, dtype=np.int64)
    for row, hospital in enumerate(layout.HOSPITALS):
        here = local.facility == row
        drawn[here] = permutation(block.seed, f"patient number of {hospital}", 2 * size)(held[here])
    number = pl.Series(drawn)
    text = "P" + number.cast(pl.String).str.zfill(NUMBER_DIGITS)
    return pl.select(pl.when(number >= 0).then(text).alias("patient_number")).to_series()
