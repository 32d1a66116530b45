"""Reads T_MCOaaB, T_MCOaaC, encounter and diagnosis → writes fact_hospital_stay: one stay, two witnesses."""

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.star.bucket import Bucket, numbered

READS = {
    "T_MCOaaB": ("ETA_NUM", "RSA_NUM", "DGN_PAL", "GRG_GHM", "ENT_MOD", "SOR_MOD"),
    "T_MCOaaC": ("ETA_NUM", "RSA_NUM", "EXE_SOI_DTD", "EXE_SOI_DTF"),
    "encounter": ("encounter_number", "entry_time", "exit_time", "entry_mode", "exit_mode", "ghm_code"),
    "diagnosis": ("encounter_number", "diagnosis_number", "position", "icd10_code"),
}
ABSTRACT = ("exit_year", "ETA_NUM", "RSA_NUM")
RECORD = ("source", "encounter_number")
TOLERANCE_DAYS = 1  # a night admission may carry either date


def pair(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    """Stays with `stay_number`, the keys of both witnesses (null where one is absent) and what they say."""
    abstracts, records = _abstracts(bucket, ledger), _records(bucket, ledger)
    candidates = abstracts.join(records, on=["patient_key", "facility_key"], suffix="_record").with_columns(
        distance=(pl.col("entry_date") - pl.col("entry_date_record")).dt.total_days().abs()
        + (pl.col("exit_date") - pl.col("exit_date_record")).dt.total_days().abs(),
        apart=pl.max_horizontal(
            (pl.col("entry_date") - pl.col("entry_date_record")).dt.total_days().abs(),
            (pl.col("exit_date") - pl.col("exit_date_record")).dt.total_days().abs(),
        ),
    )
    pairs = one_to_one(candidates.filter(pl.col("apart") <= TOLERANCE_DAYS))
    stays = (
        abstracts.join(pairs, on=list(ABSTRACT), how="left")
        .join(records.drop("patient_key", "facility_key"), on=list(RECORD), how="left", suffix="_record")
        .with_columns(is_in_pmsi=pl.lit(True), is_in_hospital_record=pl.col("encounter_number").is_not_null())
    )
    alone = records.join(pairs, on=list(RECORD), how="anti").with_columns(
        is_in_pmsi=pl.lit(False), is_in_hospital_record=pl.lit(True)
    )
    for name in ("principal", "ghm_code"):
        stays = stays.with_columns(pl.coalesce(name, f"{name}_record").alias(name))
    order = ["patient_key", "entry_date", "exit_date", "facility_key", *ABSTRACT, *RECORD]
    return numbered(pl.concat([stays, alone], how="diagonal").sort(order), "stay_number")


def build(bucket: Bucket, stays: pl.DataFrame) -> pl.DataFrame:
    """The fact's columns of the paired stays."""
    nights = (pl.col("exit_date") - pl.col("entry_date")).dt.total_days()
    facts = stays.with_columns(length_of_stay_nights=nights)
    return bucket.key(facts, "diagnosis", "principal", "principal_diagnosis_key")


def one_to_one(candidates: pl.DataFrame) -> pl.DataFrame:
    """Pairs of witnesses, the nearest first, each witness at most once."""
    found = [candidates.select(*ABSTRACT, *RECORD).clear()]
    left = candidates.sort("distance", *ABSTRACT, *RECORD)
    while left.height:
        first = pl.struct(ABSTRACT).is_first_distinct() & pl.struct(RECORD).is_first_distinct()
        pairs = left.filter(first).select(*ABSTRACT, *RECORD)
        found.append(pairs)
        left = left.join(pairs, on=list(ABSTRACT), how="anti").join(pairs, on=list(RECORD), how="anti")
    return pl.concat(found)


def _abstracts(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    chained, grouped = bucket.read("T_MCOaaC"), bucket.read("T_MCOaaB").drop("patient_key")
    valid = chained.filter(pl.col("EXE_SOI_DTF") >= pl.col("EXE_SOI_DTD"))
    stays = valid.join(grouped, on=list(ABSTRACT), how="inner").with_columns(code=pl.col("ETA_NUM"))
    ledger.add("T_MCOaaC", "kept", "fact_hospital_stay", Tally(stays.height))
    ledger.add("T_MCOaaC", "rejected", "exit_before_entry", Tally(chained.height - valid.height))
    ledger.add("T_MCOaaC", "filtered", "no_abstract", Tally(valid.height - stays.height))
    ledger.add("T_MCOaaB", "kept", "fact_hospital_stay", Tally(stays.height))
    ledger.add("T_MCOaaB", "rejected", "no_stay", Tally(grouped.height - stays.height))
    return bucket.key(stays, "facility", "code", "facility_key").rename(
        {
            "EXE_SOI_DTD": "entry_date",
            "EXE_SOI_DTF": "exit_date",
            "DGN_PAL": "principal",
            "GRG_GHM": "ghm_code",
            "ENT_MOD": "entry_mode",
            "SOR_MOD": "exit_mode",
        }
    )


def _records(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    principal = (
        bucket.read("diagnosis")
        .filter(pl.col("position") == "DP")
        .sort("diagnosis_number")
        .unique(RECORD, keep="first", maintain_order=True)
        .select(*RECORD, principal="icd10_code")
    )
    told = bucket.read("encounter")
    valid = told.filter(pl.col("exit_time").dt.date() >= pl.col("entry_time").dt.date())
    stays = valid.join(principal, on=list(RECORD), how="left")
    ledger.add("encounter", "merged", "fact_hospital_stay", Tally(stays.height))
    ledger.add("encounter", "rejected", "exit_before_entry", Tally(told.height - valid.height))
    return bucket.key(stays.with_columns(code=pl.col("source")), "hospital", "code", "facility_key").select(
        "patient_key",
        "facility_key",
        *RECORD,
        "principal",
        "ghm_code",
        "entry_mode",
        "exit_mode",
        entry_date=pl.col("entry_time").dt.date(),
        exit_date=pl.col("exit_time").dt.date(),
    )
