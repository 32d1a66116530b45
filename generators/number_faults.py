"""The insured's and the patient's own number as a hospital recorded them."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from generators import fault_rates
from generators.arrays import Bools, Floats
from generators.block import Block
from generators.civil_register import with_key
from generators.fault_rates import HOSPITALS, NONE, labelled

# The two digits of the year: any digit is well formed there, and the order number stays above the real ones of its
# place, so that a mistyped number is no more a real one than the true one is.
MISTYPED_AT = np.array([1, 2])
PROVISIONAL = {"1": "7", "2": "8"}  # first character, of men and of women, while the civil status is being established
FICTITIOUS = "9" * 12  # there is no 99th month
PERSONS_OWN = ("missing", "own_as_insured", "other_parent")  # faults of the insured's number that leave her own right


def recorded_numbers(
    block: Block, persons: pl.DataFrame, who: pl.DataFrame, groups: Mapping[str, Bools]
) -> pl.DataFrame:
    """One row a record: insured_nir13 (null if none), insured_nir, own_nir (15 characters) and both labels."""
    fault = fault_rates.draw(block, HOSPITALS, "nir_fault", groups, who.height)
    number = _number(block, persons, who, fault)
    true_key = with_key(who["insured_nir"]).str.slice(13)
    keyed = with_key(number)
    missing = {"without_number": labelled(fault, "missing"), "with_number": ~labelled(fault, "missing")}
    own_missing = fault_rates.draw(block, HOSPITALS, "own_nir_fault", missing, who.height)
    frame = pl.DataFrame(
        {
            "insured_nir13": number,
            "insured_nir": pl.select(pl.when(fault == "mistyped").then(number + true_key).otherwise(keyed)).to_series(),
            "nir_fault": fault,
            "own_missing": own_missing,
            "own_true": with_key(who["own_nir"]),
            "is_own": who["insured"] == who["position"],
        }
    )
    # Who is insured under her own number has it typed once.
    copied = pl.col("is_own") & ~pl.col("nir_fault").is_in(PERSONS_OWN)
    is_missing = pl.col("own_missing") != NONE
    own = pl.when(copied).then("insured_nir").otherwise("own_true")
    return frame.select(
        "insured_nir13",
        "insured_nir",
        "nir_fault",
        pl.when(~is_missing).then(own).alias("own_nir"),
        pl.when(is_missing | ~copied).then("own_missing").otherwise("nir_fault").alias("own_nir_fault"),
    )


def _number(block: Block, persons: pl.DataFrame, who: pl.DataFrame, fault: pl.Series) -> pl.Series:
    """13 characters as recorded, null if none."""
    other = persons["own_nir"].gather(who["other_parent"].clip(0))
    true = pl.col("insured_nir")
    sex = true.str.slice(0, 1)
    frame = who.select(
        "insured_nir", "own_nir", fault=fault, other=other, mistyped=_mistyped(block, who["insured_nir"], fault)
    )
    kind = pl.col("fault")
    return frame.select(
        pl.when(kind == "missing")
        .then(None)
        .when(kind.str.starts_with("mistyped"))
        .then("mistyped")
        .when(kind == "provisional")
        .then(sex.replace(PROVISIONAL) + true.str.slice(1))
        .when(kind == "fictitious")
        .then(sex + FICTITIOUS)
        .when(kind == "own_as_insured")
        .then("own_nir")
        .when(kind == "other_parent")
        .then("other")
        .otherwise(true)
    ).to_series()


def _mistyped(block: Block, true13: pl.Series, fault: pl.Series) -> pl.Series:
    """One digit changed to another where asked."""
    draw: Floats = block.stream("mistyped digit").random((2, len(true13)))
    row = np.flatnonzero(labelled(fault, "mistyped", "mistyped_key_valid"))
    at = MISTYPED_AT[np.floor(draw[0, row] * len(MISTYPED_AT)).astype(np.int64)]
    wrong = pl.DataFrame({"nir": true13.gather(pl.Series(row)), "at": at, "by": 1 + np.floor(draw[1, row] * 9)}).select(
        pl.col("nir").str.slice(0, pl.col("at"))
        + ((pl.col("nir").str.slice(pl.col("at"), 1).cast(pl.Int64) + pl.col("by").cast(pl.Int64)) % 10).cast(pl.String)
        + pl.col("nir").str.slice(pl.col("at") + 1)
    )
    return true13.clone().scatter(row, wrong.to_series())  # scatter writes in place
