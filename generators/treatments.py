"""Drugs: refills of long treatments, and short courses."""

from functools import cache

import numpy as np
import polars as pl

from generators.age_limits import drug_limits, within
from generators.arrays import Floats, Ints
from generators.block import Block
from generators.contacts import expected, spread
from generators.days import NEVER
from generators.draws import cumulative
from generators.events import DISPENSING, Events, events
from schema import reference

JITTER_DAYS = 5


@cache
def drug_rows(table: str) -> Ints:
    """Row of drug.csv of each line of a table that names a CIP13."""
    cip13 = reference.read("drug")["cip13"].to_numpy()
    order = np.argsort(cip13)
    return order[np.searchsorted(cip13[order], reference.read(table)["cip13"].to_numpy())].astype(np.int64)


@cache
def _lines() -> list[tuple[int, Ints, Floats]]:
    """(condition row, rows of treatment.csv, cumulative shares with none last) of each line of treatment."""
    table = reference.read("treatment").with_row_index("row")
    condition_row = {name: row for row, name in enumerate(reference.read("condition")["condition"])}
    lines = []
    for (condition, _), group in table.group_by(["condition", "line"], maintain_order=True):
        share = group["share"].to_numpy()
        shares = cumulative(np.append(share, max(0.0, 1.0 - share.sum())))
        lines.append((condition_row[str(condition)], group["row"].to_numpy().astype(np.int64), shares))
    return lines


def treatments(block: Block, persons: pl.DataFrame, onset: Ints) -> Events:
    """Refills of every long treatment, from onset (or the first day) to the last day, at ages the drug is for."""
    position, row, cause = _courses(block, onset)
    table = reference.read("treatment")
    interval = table["interval_days"].to_numpy()[row]
    begins = np.maximum(onset[position, cause], persons["first"].to_numpy()[position])
    stream = block.stream("first fill")
    first = begins + np.floor(stream.random(len(row)) * interval).astype(np.int64)
    fills = np.maximum((persons["last"].to_numpy()[position] - first) // interval + 1, 0)
    course = np.repeat(np.arange(len(row)), fills)
    nth = np.arange(len(course)) - np.repeat(np.cumsum(fills) - fills, fills)
    jitter = block.stream("refill jitter").integers(-JITTER_DAYS, JITTER_DAYS + 1, size=len(course))
    day = first[course] + nth * interval[course] + jitter
    inside = (day >= begins[course]) & (day <= persons["last"].to_numpy()[position[course]])
    course, day = course[inside], day[inside]
    packs = table["packs_per_fill"].to_numpy()[row[course]]
    drug = drug_rows("treatment")[row[course]]
    return _of_age(persons, events(DISPENSING, position[course], day, drug, packs, cause=cause[course]))


def _courses(block: Block, onset: Ints) -> tuple[Ints, Ints, Ints]:
    """(position, row of treatment.csv, condition) of each drug that somebody takes; one course a person and drug."""
    share = reference.read("condition")["treated_share"].to_numpy()
    treated = (block.stream("treated").random(onset.shape) < share) & (onset < NEVER)
    lines = _lines()
    uniform = block.stream("choice of drug").random((len(lines), len(onset)))
    found = []
    for line, (condition, rows, shares) in enumerate(lines):
        taker = np.flatnonzero(treated[:, condition])
        choice = np.searchsorted(shares, uniform[line, taker], side="right")
        takes = choice < len(rows)
        found.append((taker[takes], rows[choice[takes]], np.full(int(takes.sum()), condition)))
    position, row, cause = (np.concatenate(column).astype(np.int64) for column in zip(*found, strict=True))
    drug = drug_rows("treatment")[row]
    _, once = np.unique(position * len(reference.read("drug")) + drug, return_index=True)
    return position[once], row[once], cause[once]


def acute_courses(block: Block, persons: pl.DataFrame) -> Events:
    """Short courses, one dispensing each, at ages the drug is for."""
    table = reference.read("acute_drug")
    position, row, day = spread(block, "acute course", expected(table, persons), persons)
    more = block.stream("packs of a course").poisson(table["packs_mean"].to_numpy()[row] - 1.0)
    return _of_age(persons, events(DISPENSING, position, day, drug_rows("acute_drug")[row], 1 + more))


def _of_age(persons: pl.DataFrame, given: Events) -> Events:
    birth = persons["birth"].to_numpy()[given.position]
    return given.where(within(drug_limits(), given.code, birth, given.day))
