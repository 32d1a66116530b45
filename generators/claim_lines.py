"""The claim lines of a block in the order of DCIR's key: who, what, when, in which statement, paid when."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from generators.arrays import Bools, Floats, Ints
from generators.block import Block
from generators.care_items import care_items
from generators.events import ACT, DISPENSING, days_of, of_kind
from generators.permutation import unique_numbers
from schema import reference
from schema.configuration import BLOCK_PERSONS

MEAN_DELAY_DAYS = np.array([5.0, 10.0, 25.0])  # pharmacy, consultation, other; assumption
LATE_SHARE, LATE_FACTOR, MAX_DELAY_DAYS = 0.02, 6.0, 820  # the tail of 27 months; assumption
FAMILIES = 3
STATEMENTS_A_PERSON_YEAR = 256  # room for numbers, not a mean


@dataclass(frozen=True)
class ClaimLines:
    """One entry a line, sorted by the nine-column key; `item` is a row of care_items, days are day numbers.

    `row` is the line's among all the `drawn` ones, of which those of persons unknown to the funds are left out.
    """

    position: Ints
    day: Ints
    item: Ints
    quantity: Ints
    cause: Ints
    treated: Ints
    statement: Ints
    line: Ints
    row: Ints
    drawn: int

    def uniforms(self, block: Block, purpose: str, count: int) -> Floats:
        """`count` rows of numbers of [0, 1), one a line; the same for a line whatever others are left out."""
        return block.stream(purpose).random((count, self.drawn))[:, self.row]

    def where(self, kept: Bools) -> "ClaimLines":
        """Only some of the lines."""
        held = {f.name: getattr(self, f.name)[kept] for f in fields(self) if f.name != "drawn"}
        return ClaimLines(**held, drawn=self.drawn)


def claim_lines(block: Block, persons: pl.DataFrame, events: pl.DataFrame) -> ClaimLines:
    """Lines of one person, day and family of care make one statement."""
    acts, drugs = of_kind(events, ACT), of_kind(events, DISPENSING)
    both = pl.concat([acts, drugs])
    position, day = both["position"].to_numpy(), days_of(both)
    item = both["code"].to_numpy() + np.repeat([0, care_items().n_acts], [acts.height, drugs.height])
    group = ((position * 2**16 + day) * FAMILIES) + care_items().family[item]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    first = order[starts]
    treated = day[first] + _delay(block, care_items().family[item[first]])
    number = _statement_numbers(block, len(starts))
    fund = fund_rows(persons)[position[first]]
    sort = np.lexsort((number, fund, treated))
    lengths = np.diff(np.append(starts, len(order)))[sort]
    line = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = order[np.repeat(starts[sort], lengths) + line]
    return ClaimLines(
        position[rows],
        day[rows],
        item[rows],
        both["quantity"].to_numpy()[rows],
        both["cause"].to_numpy()[rows],
        np.repeat(treated[sort], lengths),
        np.repeat(number[sort], lengths),
        line + 1,
        np.arange(len(order)),
        len(order),
    )


def _delay(block: Block, family: Ints) -> Ints:
    uniform: Floats = block.stream("payment delay").random((2, len(family)))
    mean = MEAN_DELAY_DAYS[family] * np.where(uniform[1] < LATE_SHARE, LATE_FACTOR, 1.0)
    return np.minimum(1 + np.floor(-(mean - 1.0) * np.log1p(-uniform[0])), MAX_DELAY_DAYS).astype(np.int64)


def _statement_numbers(block: Block, count: int) -> Ints:
    configuration = block.configuration
    stride = BLOCK_PERSONS * configuration.years * STATEMENTS_A_PERSON_YEAR
    return 1 + unique_numbers(block.seed, "statement", block.number, count, stride, configuration.n_blocks)


def fund_rows(persons: pl.DataFrame) -> Ints:
    """Row, among the departments in code order, of the fund that each person belongs to."""
    departments = reference.read("department")["department_code"].sort()
    mine = reference.read("commune")["department_code"].gather(persons["commune"])
    return departments.search_sorted(mine).to_numpy().astype(np.int64)


def fund_codes() -> pl.Series:
    """Code of each department's fund, 9 characters, general scheme, in the order of fund_rows."""
    departments = reference.read("department")["department_code"].sort()
    return "01C" + departments.str.zfill(3) + "000"
