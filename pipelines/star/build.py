"""Reads the hub's buckets → writes the star's Parquet; part k is a pure function of bucket k and the codes."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.ledger import READ, Ledger, Tally, same, tally
from pipelines.star import (
    dim_care_nature,
    dim_date,
    dim_diagnosis,
    dim_drug,
    dim_facility,
    dim_patient,
    dim_procedure,
    fact_care_claim,
    fact_death,
    fact_drug_dispensing,
    fact_hospital_stay,
    fact_long_term_disease,
    fact_observation_period,
    fact_procedure,
    fact_stay_diagnosis,
)
from pipelines.star.bucket import Bucket, BucketFiles, of_schema, whole_bucket
from pipelines.star.check import conform
from pipelines.star.codes import HELD_BY, keyed, seen_codes
from schema.base import EUROS
from schema.errors import LoadFailed
from schema.layout import part_name
from schema.raw import declaration
from schema.star import TABLES

ROW_GROUP = 131_072  # fixed, since Polars would else cut row groups by its number of threads


@dataclass(frozen=True)
class Part:
    """One part written: its table, rows, bytes, SHA-256, and the sums that the warehouse must show again."""

    table: str
    number: int
    rows: int
    bytes: int
    sha256: str
    sums: dict[str, int]


def code_keys(buckets: Path) -> dict[str, pl.DataFrame]:
    """Every code dimension's (code, key, is_in_reference)."""
    return {name: keyed(name, seen_codes(buckets, name)) for name in HELD_BY}


def build_dimensions(buckets: Path, keys: dict[str, pl.DataFrame], out: Path, ledger: Ledger) -> list[Part]:
    """Write the dimensions that do not depend on persons."""
    with whole_bucket("IR_PHA_R"):
        declared = declaration("IR_PHA_R").schema
        schema = {name: declared[name] for name in dim_drug.READS["IR_PHA_R"]}
        presentations = of_schema(pl.read_parquet(buckets / "IR_PHA_R.parquet"), schema)
    ledger.add("IR_PHA_R", READ, "", tally(presentations))
    frames = {
        "dim_date": dim_date.build(),
        "dim_facility": dim_facility.build(keys["facility"]),
        "dim_diagnosis": dim_diagnosis.build(keys["diagnosis"]),
        "dim_procedure": dim_procedure.build(keys["procedure"]),
        "dim_drug": dim_drug.build(keys["drug"], presentations, ledger),
        "dim_care_nature": dim_care_nature.build(keys["care_nature"]),
    }
    return [_write(name, 0, frame, out) for name, frame in frames.items()]


def build_bucket(
    extraction_date: date,
    number: int,
    keys: dict[str, pl.DataFrame],
    schemas: dict[str, dict[str, pl.DataType]],
    counts: dict[str, Tally],
    buckets: Path,
    out: Path,
    *,
    has_claim_key: bool = True,
) -> tuple[list[Part], Ledger]:
    """Write part `number` of every person table; a pure function of its arguments and the bucket's files.

    A table is read when it is needed and written when it is built, so that memory holds a few at a time.
    """
    rows = BucketFiles(buckets, number, schemas)
    ledger = _account(rows, number, counts)
    bucket = Bucket(number, rows, _lookups(keys), has_claim_key)
    written = [_write("dim_patient", number, dim_patient.build(bucket, ledger), out)]

    stays = fact_hospital_stay.pair(bucket, ledger)
    written.append(_write("fact_hospital_stay", number, fact_hospital_stay.build(bucket, stays), out))
    written.append(_write("fact_stay_diagnosis", number, fact_stay_diagnosis.build(bucket, ledger, stays), out))
    written.append(_write("fact_procedure", number, fact_procedure.build(bucket, ledger, stays), out))

    claims = fact_care_claim.build(bucket, ledger)
    written.append(_write("fact_care_claim", number, claims, out))
    care_days = claims.select("patient_key", "care_date")
    del claims  # the largest frame: the next one needs its room
    written.append(_write("fact_drug_dispensing", number, fact_drug_dispensing.build(bucket, ledger), out))

    deaths = fact_death.build(bucket)
    written.append(_write("fact_death", number, deaths, out))
    written.append(_write("fact_long_term_disease", number, fact_long_term_disease.build(bucket, ledger), out))
    spans = fact_observation_period.build(care_days, stays, deaths, extraction_date)
    written.append(_write("fact_observation_period", number, spans, out))
    ledger.check_balance()
    return written, ledger


def _lookups(keys: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """(code, key) frames for facts; `hospital` looks up one of the four by its party's name."""
    frames = {name: frame.select("code", "key") for name, frame in keys.items()}
    return frames | {"hospital": dim_facility.hospital_keys(frames["facility"])}


def _account(rows: BucketFiles, number: int, counts: dict[str, Tally]) -> Ledger:
    """A ledger of what the bucket holds, which must be what was routed to it."""
    ledger = Ledger()
    for table in rows:
        found = rows.tally(table)
        if not same(counts.get(table, Tally()), found):
            raise LoadFailed(
                f"Bucket {number} of {table} does not hold the rows and cents that were routed to it: "
                "delete hub/buckets and run `emc2 run` again."
            )
        if table != "persons":
            ledger.add(table, READ, "", found)
    return ledger


def _write(name: str, number: int, frame: pl.DataFrame, out: Path) -> Part:
    table = TABLES[name]
    rows = conform(frame, table)
    path = out / name / part_name(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)
    euros = [c.name for c in table.columns if c.type is EUROS]
    counted = [c.name for c in table.columns if c.name.startswith("n_source_")]
    sums = {f"{c}": int(rows[c].sum() or 0) for c in counted} | {c: int((rows[c].sum() or 0) * 100) for c in euros}
    content = path.read_bytes()
    return Part(name, number, rows.height, len(content), hashlib.sha256(content).hexdigest(), sums)
