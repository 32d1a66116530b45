"""The funds' register: whom it knows, under which insured's number, and under how many."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators import fault_rates, foin
from generators.arrays import Bools, Floats, Ints
from generators.block import Block
from generators.claim_lines import ClaimLines
from generators.days import DAYS_A_YEAR, dates
from generators.fault_rates import FUNDS, labelled
from generators.households import NOBODY

ADULT = 18
SECOND_CARD_SHARE = 0.5  # of the statements of a child on two cards are sent under the second; assumption


@dataclass(frozen=True)
class Register:
    """What the funds hold of the persons of a block.

    `lines` is one row a line: position, insured (position of the one whose number it is under), BEN_NIR_PSA; the second
    lines of children under both parents come last. `fault`, `own_fault`, `own_pseudonym`, `second` (row of the second
    line, −1 none) and `known` are one entry a person.
    """

    known: Bools
    fault: pl.Series
    own_fault: pl.Series
    own_pseudonym: pl.Series
    lines: pl.DataFrame
    second: Ints


def register(block: Block, persons: pl.DataFrame) -> Register:
    """Draw who is not known, who is known twice, and whose own number is not known yet."""
    fault = fault_rates.draw(block, FUNDS, "register_fault", _groups(block, persons), block.size)
    fault = fault.gather(pl.Series(_first_of_twins(persons)))
    own_fault = fault_rates.draw(block, FUNDS, "own_nir_fault", {"lines": np.ones(block.size, np.bool_)}, block.size)
    known = ~labelled(fault, "unknown_to_funds")
    both = np.flatnonzero(labelled(fault, "both_parents"))
    first = persons.filter(pl.Series(known)).select("position", "insured", "BEN_NIR_PSA")
    lines = pl.concat([first, _second_lines(block, persons, both)])
    second = np.full(block.size, NOBODY, dtype=np.int64)
    second[both] = np.arange(first.height, lines.height)
    own_pseudonym = foin.pseudonyms(block.seed, persons["own_nir"])
    return Register(known, fault, own_fault, own_pseudonym, lines, second)


def _second_lines(block: Block, persons: pl.DataFrame, both: Ints) -> pl.DataFrame:
    who = persons[both]
    number = persons["own_nir"].gather(who["other_parent"])
    identity = foin.insured_identity(number, dates(who["birth"].to_numpy()), who["sex"])
    return who.select(
        "position", pl.col("other_parent").alias("insured"), foin.pseudonyms(block.seed, identity).alias("BEN_NIR_PSA")
    )


def _groups(block: Block, persons: pl.DataFrame) -> dict[str, Bools]:
    """The `among` of the funds' faults. Nobody who insures another is unknown, for then the other would be too."""
    position, insured, other = (persons[name].to_numpy() for name in ("position", "insured", "other_parent"))
    insures = np.zeros(block.size, dtype=np.bool_)
    insures[insured[insured != position]] = True
    insures[other[other != NOBODY]] = True
    grown = persons["birth"].to_numpy() <= block.start - ADULT * DAYS_A_YEAR
    free = persons["is_patient"].to_numpy() & grown & ~insures
    abroad = persons["birth_place_code"].str.starts_with("99").to_numpy()
    return {
        "free_patient_abroad": free & abroad,
        "free_patient_home": free & ~abroad,
        "child_of_two": other != NOBODY,
    }


def _first_of_twins(persons: pl.DataFrame) -> Ints:
    """Twins are on the same cards: the position whose draw holds for each person."""
    position, twin = persons["position"].to_numpy(), persons["twin"].to_numpy()
    return np.where(twin == NOBODY, position, np.minimum(position, twin))


def claim_rows(block: Block, held: Register, lines: ClaimLines) -> Ints:
    """Row of `lines` of the register that each claim line is sent under; a whole statement under one card."""
    starts = np.flatnonzero(np.diff(lines.statement, prepend=-1))
    person = lines.position[starts]
    second = held.second[person]
    uniform: Floats = block.stream("card of a statement").random(len(starts))
    row = np.where((second != NOBODY) & (uniform < SECOND_CARD_SHARE), second, (np.cumsum(held.known) - 1)[person])
    return np.repeat(row, np.diff(np.append(starts, len(lines.statement))))
