"""The four hospitals' own records: patients, encounters, diagnoses and procedures."""

from pathlib import Path

import numpy as np
import polars as pl

from generators.arrays import Floats
from generators.block import Block
from generators.discharges import Discharges
from generators.faults import Records
from generators.parts import TableRows, write_part
from generators.permutation import unique_numbers
from generators.pmsi import ENTRY_MODE
from schema import raw
from schema.configuration import BLOCK_PERSONS
from schema.layout import HOSPITALS

EVENING_SHARE = 0.01  # of overnight stays begin the evening before, as the emergency room saw it
NUMBER_WIDTH = 10
STAYS_A_PERSON_YEAR = 16  # room for numbers, not a mean
# Minutes of the day, inclusive to exclusive: arrivals of the morning, departures of the afternoon, late evenings.
ARRIVAL, DEPARTURE, EVENING = (360, 720), (780, 1140), (1320, 1440)


def write_hospital(
    block: Block, persons: pl.DataFrame, records: Records, found: Discharges, hospital: int, root: Path
) -> list[TableRows]:
    """Four tables of one hospital."""
    source = HOSPITALS[hospital - 1]
    of_stay = pl.Series("record", records.of_stay)
    mine = found.stays.with_columns(of_stay).filter(pl.col("facility") == hospital - 1)
    numbers = _encounter_numbers(block, hospital, mine.height)
    numbered = mine.select("stay", "entry", "icd10_code").with_columns(numbers.alias("encounter_number"))
    patients = records.frame["patient_number"].gather(mine["record"])
    tables = {
        "patient": _patient(records.frame, hospital),
        "encounter": _encounter(block, persons, mine.with_columns(patients), numbers, hospital),
        "diagnosis": _diagnosis(numbered, found.diagnoses),
        "procedure": _procedure(numbered, found.procedures),
    }
    return [write_part(root, source, folder, block.number, frame) for folder, frame in tables.items()]


def _encounter_numbers(block: Block, hospital: int, count: int) -> pl.Series:
    stride = BLOCK_PERSONS * block.configuration.years * STAYS_A_PERSON_YEAR
    purpose = f"encounter number of hospital {hospital}"
    drawn = unique_numbers(block.seed, purpose, block.number, count, stride, block.configuration.n_blocks)
    return pl.Series(drawn).cast(pl.String).str.zfill(NUMBER_WIDTH)


def _patient(records: pl.DataFrame, hospital: int) -> pl.DataFrame:
    """One row a local number."""
    return records.filter((pl.col("facility") == hospital - 1) & pl.col("is_held")).select(
        raw.TABLES["patient"].schema.keys()
    )


def _encounter(
    block: Block, persons: pl.DataFrame, stays: pl.DataFrame, numbers: pl.Series, hospital: int
) -> pl.DataFrame:
    """One row a stay; an arrival of the evening before never precedes the person's first day."""
    draw = block.stream(f"times at hospital {hospital}").random((3, stays.height))
    first = pl.Series(persons["first"].to_numpy()[stays["position"].to_numpy()])
    early = stays["is_overnight_kind"] & pl.Series(draw[0] < EVENING_SHARE) & (stays["entry"].to_physical() > first)
    morning, evening = (_minutes(draw[1], hours) for hours in (ARRIVAL, EVENING))
    arrival = pl.when(early).then(evening - 24 * 60).otherwise(morning)
    return stays.select(
        numbers.alias("encounter_number"),
        "patient_number",
        pl.lit("stay").alias("encounter_type"),
        _at("entry", arrival).alias("entry_time"),
        _at("exit", pl.lit(_minutes(draw[2], DEPARTURE))).alias("exit_time"),
        pl.lit(ENTRY_MODE).alias("entry_mode"),
        "exit_mode",
        "ghm_code",
    )


def _minutes(uniform: Floats, hours: tuple[int, int]) -> pl.Series:
    return pl.Series(hours[0] + np.floor(uniform * (hours[1] - hours[0])).astype(np.int64))


def _at(day: str, minutes: pl.Expr) -> pl.Expr:
    return pl.col(day).cast(pl.Datetime("us")) + pl.duration(minutes=minutes, time_unit="us")


def _diagnosis(numbered: pl.DataFrame, associated: pl.DataFrame) -> pl.DataFrame:
    """The principal diagnosis first, then the associated ones."""
    principal = numbered.select(
        "encounter_number",
        pl.lit(1, dtype=pl.Int64).alias("diagnosis_number"),
        pl.lit("DP").alias("position"),
        "icd10_code",
    )
    others = associated.join(numbered.select("stay", "encounter_number"), on="stay").select(
        "encounter_number",
        (pl.col("number") + 1).cast(pl.Int64).alias("diagnosis_number"),
        pl.lit("DAS").alias("position"),
        "icd10_code",
    )
    return pl.concat([principal, others])


def _procedure(numbered: pl.DataFrame, procedures: pl.DataFrame) -> pl.DataFrame:
    """One row an act."""
    return procedures.join(numbered, on="stay").select(
        "encounter_number",
        pl.lit(1, dtype=pl.Int64).alias("procedure_number"),
        "ccam_code",
        pl.lit("1").alias("activity"),
        pl.lit("0").alias("phase"),
        (pl.col("entry") + pl.duration(days=pl.col("days"))).alias("procedure_date"),
    )
