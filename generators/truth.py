"""The sealed truth of a block: who is who, what she truly has, what was spoiled."""

import numpy as np
import polars as pl

from generators import birth_cells, conditions, faults
from generators.arrays import Ints
from generators.block import Block
from generators.days import NEVER, dates, dates_or_null
from generators.hospital import patient_numbers
from schema.layout import HOSPITALS


def person(block: Block, persons: pl.DataFrame) -> pl.DataFrame:
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
        "birth_place_code",
        "residence_commune_code",
        (block.base + pl.col("head")).alias("household"),
        pl.when(pl.col("mother") >= 0).then(block.base + pl.col("mother")).alias("mother"),
        pl.when(pl.col("twin") >= 0).then(block.base + pl.col("twin")).alias("twin"),
        pl.when(twin >= 0).then(sex.gather(twin.clip(0)) == sex).alias("twin_same_sex"),
        "BEN_NIR_PSA",
        "BEN_RNG_GEM",
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


def identity(block: Block, records: pl.DataFrame) -> pl.DataFrame:
    """One row a hospital and person seen there, with the number as recorded."""
    facility, position = records["facility"], records["position"].to_numpy()
    numbers = pl.DataFrame([patient_numbers(block, h + 1, position).alias(str(h)) for h in range(len(HOSPITALS))])
    own = pl.coalesce(pl.when(facility == h).then(numbers[str(h)]) for h in range(len(HOSPITALS)))
    return records.select(
        (block.base + pl.col("position")).alias("person"),
        faults.source_names(facility).alias("source"),
        own.alias("patient_number"),
        "nir_fault",
        "insured_nir",
    )
