"""What hospitals get wrong: the identity of each patient as each hospital recorded it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators import foin
from generators.arrays import Ints
from generators.block import Block
from generators.fault_groups import groups
from generators.fault_rates import NONE, labelled
from generators.local_records import local_records, patient_numbers
from generators.name_faults import recorded_names
from generators.number_faults import recorded_numbers
from generators.register import Register
from generators.trait_faults import recorded_traits
from schema import reference


@dataclass(frozen=True)
class Records:
    """What the hospitals hold of the persons of a block.

    `frame` is one row a record: position, facility, record (its rank), the identity and the labels as truth/identity
    names them, and NIR_ANO_17. The row of a person who was taken for another repeats the other's number, identity and
    labels; `is_held` is false there. `of_stay` is the row of each stay's record.
    """

    frame: pl.DataFrame
    of_stay: Ints


def records(block: Block, persons: pl.DataFrame, held: Register, stays: pl.DataFrame) -> Records:
    """Identities as recorded, sorted by position, facility and rank; `stays` are sorted by person and entry."""
    local = local_records(block, persons, stays)
    who = persons[local.position]
    among = groups(local, who, held)
    numbers = recorded_numbers(block, persons, who, among)
    traits = recorded_traits(block, who, among)
    recorded = pl.concat(
        [
            numbers.drop("insured_nir13"),
            traits,
            recorded_names(block, who, among),
            who.select("residence_commune_code"),
            pl.DataFrame([_pseudonyms(block, who, numbers, traits)]),
        ],
        how="horizontal",
    )
    frame = pl.DataFrame(
        {
            "position": local.position,
            "facility": local.facility,
            "record": local.rank,
            "patient_number": patient_numbers(block, local),
            "is_held": local.holder == np.arange(who.height),
            "local_number_fault": local.fault,
        }
    )
    return Records(pl.concat([frame, recorded[local.holder]], how="horizontal"), local.of_stay)


def _pseudonyms(block: Block, who: pl.DataFrame, numbers: pl.DataFrame, traits: pl.DataFrame) -> pl.Series:
    """FOIN of the identity as recorded, null without a number that FOIN takes; the right one gives BEN_NIR_PSA."""
    fault = numbers["nir_fault"]
    is_right = (fault == NONE) & (traits["date_fault"] == NONE) & (traits["sex_fault"] == NONE)
    is_none = labelled(fault, "missing", "fictitious")
    row = pl.Series(np.flatnonzero(~is_right.to_numpy() & ~is_none))
    wrong = foin.insured_identity(
        numbers["insured_nir13"].gather(row), traits["birth_date"].gather(row), traits["sex"].gather(row)
    )
    made = who["BEN_NIR_PSA"].clone().scatter(row, foin.pseudonyms(block.seed, wrong))  # scatter writes in place
    return pl.select(pl.when(~pl.Series(is_none)).then(made).alias("NIR_ANO_17")).to_series()


def source_names(facility: pl.Series) -> pl.Series:
    """Source of each facility row: hospital_1 to hospital_4, else the FINESS."""
    table = reference.read("facility").with_row_index("row")
    name = pl.when(pl.col("is_emc2") == 1).then(pl.format("hospital_{}", pl.col("row") + 1))
    return table.select(name.otherwise(pl.col("legal_finess")).alias("name"))["name"].gather(facility)
