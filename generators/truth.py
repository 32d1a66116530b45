"""The sealed truth of a block: who is who, what she truly has, what was spoiled."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from generators import birth_cells, conditions, faults, funds
from generators.arrays import Ints
from generators.block import Block
from generators.days import NEVER, dates, dates_or_null
from generators.fault_rates import NONE
from generators.register import Register
from schema import truth


def person(block: Block, persons: pl.DataFrame, held: Register) -> pl.DataFrame:
    """One row a person."""
    patient, control = birth_cells.sampling_weights(block.configuration)
    exact = [f"{weight:.4f}" for weight in (control, patient)]
    weights = pl.Series(exact, dtype=pl.String).cast(pl.Decimal(18, 4))
    twin, sex = persons["twin"], persons["sex"]
    return persons.select(
        "person",
        pl.when("is_patient").then(pl.lit("patient")).otherwise(pl.lit("control")).alias("stratum"),
        pl.col("home").alias("home_hospital"),
        weights.gather(persons["is_patient"].cast(pl.Int64)).alias("sampling_weight"),
        "sex",
        dates(persons["birth"].to_numpy()).alias("birth_date"),
        dates_or_null(persons["death"].to_numpy()).alias("death_date"),
        "own_nir",
        "insured_nir",
        "birth_name",
        "used_name",
        "first_name",
        "other_first_names",
        "birth_place_code",
        "residence_commune_code",
        (block.base + pl.col("head")).alias("household"),
        pl.when(pl.col("mother") >= 0).then(block.base + pl.col("mother")).alias("mother"),
        pl.when(pl.col("twin") >= 0).then(block.base + pl.col("twin")).alias("twin"),
        pl.when(twin >= 0).then(sex.gather(twin.clip(0)) == sex).alias("twin_same_sex"),
        "BEN_NIR_PSA",
        "BEN_RNG_GEM",
        pl.Series("known_to_funds", held.known),
    )


def condition(block: Block, onset: Ints) -> pl.DataFrame:
    """One row a person and condition that she truly has."""
    position, row = np.nonzero(onset < NEVER)
    return pl.DataFrame(
        {
            "person": block.base + position,
            "condition": conditions.names().gather(pl.Series(row)),
            "onset_date": dates(onset[position, row]),
        }
    )


def identity(block: Block, persons: pl.DataFrame, held: Register, records: pl.DataFrame) -> pl.DataFrame:
    """One row a source, person and record of hers there: the identity as recorded, and what is wrong with it."""
    labels = [name for name in truth.TABLES["identity"].schema if name.endswith("_fault")]
    return pl.concat([_at_hospitals(block, held, records), _at_the_funds(block, persons, held, labels)], how="diagonal")


def _at_hospitals(block: Block, held: Register, records: pl.DataFrame) -> pl.DataFrame:
    unknown = pl.select(pl.when(pl.Series(held.known)).then(pl.lit(NONE)).otherwise(held.fault)).to_series()
    return records.with_columns(
        (block.base + pl.col("position")).alias("person"),
        faults.source_names(records["facility"]).alias("source"),
        pl.lit(None, dtype=pl.Int64).alias("birth_rank"),
        unknown.gather(records["position"]).alias("register_fault"),
    ).select(truth.TABLES["identity"].schema.keys())


def _at_the_funds(block: Block, persons: pl.DataFrame, held: Register, labels: Sequence[str]) -> pl.DataFrame:
    """The funds mistake nothing but whom they know, and how often."""
    position = held.lines["position"]
    who = persons[position]
    return funds.beneficiary(persons, held).select(
        (block.base + who["position"]).alias("person"),
        pl.lit("funds").alias("source"),
        (1 + (held.lines["insured"] != who["insured"]).cast(pl.Int64)).alias("record"),
        "insured_nir",
        "birth_date",
        "sex",
        "birth_rank",
        *(pl.lit(NONE).alias(name) for name in labels if name not in ("own_nir_fault", "register_fault")),
        held.own_fault.gather(position),
        held.fault.gather(position),
    )
