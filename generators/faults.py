"""What hospitals get wrong: the insured's number as each of them recorded it, once a person and hospital."""

import numpy as np
import polars as pl

from generators import foin
from generators.arrays import Bools, Floats, Ints
from generators.block import Block
from generators.civil_register import with_key
from generators.days import dates
from schema import reference

MISSING_SHARE, MISTYPED_SHARE, KEY_RECOMPUTED_SHARE = 0.02, 0.01, 0.20  # assumptions
NONE, MISSING, MISTYPED, MISTYPED_VALID = "none", "missing", "mistyped", "mistyped_key_valid"
# The two digits of the year: any digit is well formed there, and the order number stays above the real ones of its
# place, so that a mistyped number is no more a real one than the true one is.
MISTYPED_AT = np.array([1, 2])
FACILITIES = 1_000  # more than facility.csv has: (person, facility) as one number


def records(block: Block, persons: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """One row a person and hospital: position, facility, nir_fault, insured_nir (15 characters), NIR_ANO_17.

    Sorted by position and facility; number and pseudonym are null where the hospital recorded none.
    """
    keys = np.unique(record_keys(stays))
    position, facility = keys // FACILITIES, keys % FACILITIES
    draw = block.stream("fault of a record").random((4, len(keys)))
    is_missing = draw[0] < MISSING_SHARE
    is_mistyped = ~is_missing & (draw[0] < MISSING_SHARE + MISTYPED_SHARE)
    is_valid = is_mistyped & (draw[1] < KEY_RECOMPUTED_SHARE)
    true13 = persons["insured_nir"].gather(pl.Series(position))
    recorded = _mistyped(true13, is_mistyped, draw[2], draw[3])
    frame = pl.DataFrame(
        {
            "position": position,
            "facility": facility,
            "true15": with_key(true13),
            "new15": with_key(recorded),
            "NIR_ANO_17": _pseudonyms(block, persons, position, recorded, is_mistyped),
            "nir_fault": _labels(is_missing, is_mistyped, is_valid),
        }
    )
    number = (
        pl.when(pl.Series(is_missing))
        .then(None)
        .when(pl.Series(is_valid))
        .then(pl.col("new15"))
        .otherwise(pl.col("new15").str.slice(0, 13) + pl.col("true15").str.slice(13))
    )
    return frame.select(
        "position",
        "facility",
        "nir_fault",
        number.alias("insured_nir"),
        pl.when(~pl.Series(is_missing)).then(pl.col("NIR_ANO_17")).alias("NIR_ANO_17"),
    )


def record_keys(stays: pl.DataFrame) -> Ints:
    """(person, facility) of each stay as one number, in the order of `records`."""
    return stays["position"].to_numpy() * FACILITIES + stays["facility"].to_numpy()


def record_rows(stays: pl.DataFrame, records_: pl.DataFrame) -> pl.Series:
    """Row of `records` that each stay belongs to."""
    return pl.Series(np.searchsorted(record_keys(records_), record_keys(stays)))


def _mistyped(true13: pl.Series, is_mistyped: Bools, where: Floats, what: Floats) -> pl.Series:
    """One digit changed to another where asked."""
    row = np.flatnonzero(is_mistyped)
    at = MISTYPED_AT[np.floor(where[row] * len(MISTYPED_AT)).astype(np.int64)]
    wrong = pl.DataFrame({"nir": true13.gather(pl.Series(row)), "at": at, "by": 1 + np.floor(what[row] * 9)}).select(
        pl.col("nir").str.slice(0, pl.col("at"))
        + ((pl.col("nir").str.slice(pl.col("at"), 1).cast(pl.Int64) + pl.col("by").cast(pl.Int64)) % 10).cast(pl.String)
        + pl.col("nir").str.slice(pl.col("at") + 1)
    )
    return true13.clone().scatter(row, wrong.to_series())  # scatter writes in place


def _pseudonyms(
    block: Block, persons: pl.DataFrame, position: Ints, recorded: pl.Series, is_mistyped: Bools
) -> pl.Series:
    """FOIN of the identity as recorded; a right number gives the person's own BEN_NIR_PSA."""
    row = np.flatnonzero(is_mistyped)
    who = pl.Series(position[row])
    birth = dates(persons["birth"].to_numpy()[position[row]])
    identity = foin.insured_identity(recorded.gather(pl.Series(row)), birth, persons["sex"].gather(who))
    known = persons["BEN_NIR_PSA"].gather(pl.Series(position))
    return known.scatter(row, foin.pseudonyms(block.seed, identity))


def _labels(is_missing: Bools, is_mistyped: Bools, is_valid: Bools) -> pl.Series:
    labels = pl.Series([NONE, MISSING, MISTYPED, MISTYPED_VALID])
    return labels.gather(pl.Series(is_missing * 1 + is_mistyped * 2 + is_valid * 1))


def source_names(facility: pl.Series) -> pl.Series:
    """Source of each facility row: hospital_1 to hospital_4, else the FINESS."""
    table = reference.read("facility").with_row_index("row")
    name = pl.when(pl.col("is_emc2") == 1).then(pl.format("hospital_{}", pl.col("row") + 1))
    return table.select(name.otherwise(pl.col("legal_finess")).alias("name"))["name"].gather(facility)
