"""Discharge abstracts (PMSI) of all hospitals: T_MCOyyB, C, D and A, one set an exit year."""

from pathlib import Path

import numpy as np
import polars as pl

from generators.block import Block
from generators.days import completed_months, days_of_dates
from generators.discharges import Discharges
from generators.faults import Records
from generators.parts import TableRows, write_part
from generators.permutation import unique_numbers
from schema import raw, reference
from schema.configuration import BLOCK_PERSONS

ENTRY_MODE, FROM_EMERGENCY = "8", "5"
EMERGENCY_SHARE = 0.5  # of stays of a kind that is not a day case come through the emergency room, assumption
PASSED, FAILED = "0", "1"  # NIR_RET
RSA_WIDTH, RANK_WIDTH = 10, 5
STAYS_A_PERSON_YEAR = 16  # room for numbers, not a mean


def write_pmsi(block: Block, persons: pl.DataFrame, records: Records, found: Discharges, root: Path) -> list[TableRows]:
    """Four tables for each exit year, empty ones too."""
    keyed = _with_key(block, found)
    tables = {
        "B": _abstracts(block, persons, records, keyed, found),
        "C": _chaining(records, keyed),
        "D": _diagnoses(keyed, found),
        "A": _acts(keyed, found),
    }
    return [
        write_part(root, "snds", raw.pmsi_folder(letter, year), block.number, _of_year(frame, year))
        for year in block.configuration.exit_years
        for letter, frame in tables.items()
    ]


def _of_year(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    return frame.filter(pl.col("exit_year") == year).drop("exit_year")


def _with_key(block: Block, found: Discharges) -> pl.DataFrame:
    """Stays with ETA_NUM, RSA_NUM and exit year."""
    stride = BLOCK_PERSONS * block.configuration.years * STAYS_A_PERSON_YEAR
    number = unique_numbers(
        block.seed, "abstract", block.number, found.stays.height, stride, block.configuration.n_blocks
    )
    return found.stays.with_columns(
        reference.read("facility")["legal_finess"].gather(found.stays["facility"]).alias("ETA_NUM"),
        pl.Series(number).cast(pl.String).str.zfill(RSA_WIDTH).alias("RSA_NUM"),
        pl.col("exit").dt.year().alias("exit_year"),
    )


def _abstracts(
    block: Block, persons: pl.DataFrame, records: Records, keyed: pl.DataFrame, found: Discharges
) -> pl.DataFrame:
    """T_MCOaaB: one row a stay; age and sex are those that the hospital recorded."""
    who, recorded = persons[keyed["position"]], records.frame[records.of_stay]
    entry, birth = days_of_dates(keyed["entry"]), days_of_dates(recorded["birth_date"])
    age = pl.Series(completed_months(birth, entry) // 12)
    ghs = reference.read("ghm").select("ghm_code", "ghs_number")
    department = reference.read("commune")["department_code"].gather(who["commune"])
    emergency = keyed["is_overnight_kind"] & pl.Series(
        block.stream("through the emergency room").random(keyed.height) < EMERGENCY_SHARE
    )
    return keyed.join(ghs, on="ghm_code", how="left", maintain_order="left").select(
        "exit_year",
        "ETA_NUM",
        "RSA_NUM",
        pl.when(age >= 1).then(age).alias("AGE_ANN"),
        pl.when(age < 1).then(pl.Series(entry - birth)).alias("AGE_JOU"),
        who["residence_commune_code"].alias("BDI_COD"),
        department.str.slice(0, 2).alias("BDI_DEP"),
        recorded["sex"].cast(pl.String).alias("COD_SEX"),
        pl.col("icd10_code").alias("DGN_PAL"),
        pl.lit(None, dtype=pl.String).alias("DGN_REL"),
        pl.lit(ENTRY_MODE).alias("ENT_MOD"),
        pl.when(emergency).then(pl.lit(FROM_EMERGENCY)).alias("ENT_PRV"),
        pl.col("ghs_number").alias("GHS_NUM"),
        pl.col("ghm_code").alias("GRG_GHM"),
        _count(found.procedures, keyed.height).alias("NBR_ACT"),
        _count(found.diagnoses, keyed.height).alias("NBR_DGN"),
        pl.col("nights").alias("SEJ_NBJ"),
        pl.lit(None, dtype=pl.String).alias("SOR_DES"),
        pl.col("exit_mode").alias("SOR_MOD"),
        pl.col("exit").dt.strftime("%Y").alias("SOR_ANN"),
        pl.col("exit").dt.strftime("%m").alias("SOR_MOI"),
    )


def _count(details: pl.DataFrame, stays: int) -> pl.Series:
    return pl.Series(np.bincount(details["stay"].to_numpy(), minlength=stays).astype(np.int64))


def _chaining(records: Records, keyed: pl.DataFrame) -> pl.DataFrame:
    """T_MCOaaC: whose stay it is, by the number that the hospital recorded."""
    pseudonym = records.frame["NIR_ANO_17"].gather(pl.Series(records.of_stay))
    rank = pl.int_range(1, pl.len() + 1).over("position").cast(pl.String).str.zfill(RANK_WIDTH)
    return keyed.select(
        "exit_year",
        "ETA_NUM",
        "RSA_NUM",
        pseudonym,
        pl.when(pseudonym.is_null()).then(pl.lit(FAILED)).otherwise(pl.lit(PASSED)).alias("NIR_RET"),
        rank.alias("SEJ_NUM"),
        pl.col("entry").dt.strftime("%d%m%Y").alias("ENT_DAT"),
        pl.col("exit").dt.strftime("%d%m%Y").alias("SOR_DAT"),
        pl.col("entry").dt.strftime("%Y%m").alias("EXE_SOI_AMD"),
        pl.col("exit").dt.strftime("%Y%m").alias("EXE_SOI_AMF"),
        pl.col("entry").alias("EXE_SOI_DTD"),
        pl.col("exit").alias("EXE_SOI_DTF"),
        pl.col("exit").dt.strftime("%Y").alias("SOR_ANN"),
        pl.col("exit").dt.strftime("%m").alias("SOR_MOI"),
    )


def _diagnoses(keyed: pl.DataFrame, found: Discharges) -> pl.DataFrame:
    """T_MCOaaD: one row an associated diagnosis."""
    return _detail(keyed, found.diagnoses).select(
        "exit_year",
        "ETA_NUM",
        "RSA_NUM",
        pl.col("number").alias("DGN_ASS_NUM"),
        pl.col("icd10_code").alias("ASS_DGN"),
    )


def _acts(keyed: pl.DataFrame, found: Discharges) -> pl.DataFrame:
    """T_MCOaaA: one row an act."""
    return _detail(keyed, found.procedures).select(
        "exit_year",
        "ETA_NUM",
        "RSA_NUM",
        pl.col("ccam_code").alias("CDC_ACT"),
        pl.col("days").alias("ENT_DAT_DEL"),
        pl.lit("1").alias("ACV_ACT"),
        pl.lit("0").alias("PHA_ACT"),
        pl.lit(1, dtype=pl.Int64).alias("NBR_EXE_ACT"),
    )


def _detail(keyed: pl.DataFrame, details: pl.DataFrame) -> pl.DataFrame:
    return details.join(keyed.select("stay", "exit_year", "ETA_NUM", "RSA_NUM"), on="stay", maintain_order="left")
