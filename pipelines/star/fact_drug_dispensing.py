"""Reads ER_PHA_F and ER_PRS_F → writes fact_drug_dispensing."""

import polars as pl

from pipelines.ledger import Ledger, Tally
from pipelines.repeats import split_repeats
from pipelines.star.bucket import Bucket, no_sentinel, numbered
from pipelines.star.fact_care_claim import KEY
from schema.raw import DCIR_KEY

READS = {
    "ER_PRS_F": (*DCIR_KEY, "EXE_SOI_DTD", "PRE_PRE_DTD", "PSP_SPE_COD"),
    "ER_PHA_F": (*DCIR_KEY, "PHA_PRS_C13", "PHA_ACT_QSN"),
}
_GRAIN = ("patient_key", "EXE_SOI_DTD", "PHA_PRS_C13", "PRE_PRE_DTD", "PSP_SPE_COD")


def build(bucket: Bucket, ledger: Ledger) -> pl.DataFrame:
    """Lines of one dispensing summed; what adds up to no pack was cancelled and is filtered."""
    claims, unclear = _claims(bucket)
    received = bucket.read("ER_PHA_F")
    clear = received.join(unclear, on=KEY, how="anti") if unclear.height else received
    ledger.add("ER_PHA_F", "rejected", "several_claim_lines", Tally(received.height - clear.height))
    lines = clear.lazy().join(claims.lazy(), on=KEY, how="left").collect()
    orphan = pl.col("EXE_SOI_DTD").is_null()
    ledger.add("ER_PHA_F", "rejected", "no_claim_line", Tally(lines.filter(orphan).height))
    dispensings = (
        lines.filter(~orphan)
        .group_by(_GRAIN)
        .agg(pl.col("PHA_ACT_QSN").sum().alias("quantity_packs"), pl.len().alias("n_source_lines"))
    )
    cancelled = dispensings.filter(pl.col("quantity_packs") <= 0)
    kept = dispensings.filter(pl.col("quantity_packs") > 0)
    ledger.add("ER_PHA_F", "filtered", "netted_to_nothing", Tally(int(cancelled["n_source_lines"].sum())))
    ledger.add("ER_PHA_F", "merged", "fact_drug_dispensing", Tally(int(kept["n_source_lines"].sum())))
    kept = numbered(kept.sort(_GRAIN), "dispensing_number").rename(
        {
            "EXE_SOI_DTD": "dispensing_date",
            "PRE_PRE_DTD": "prescription_date",
            "PSP_SPE_COD": "prescribing_specialty_code",
        }
    )
    return bucket.key(kept, "drug", "PHA_PRS_C13", "drug_key")


def _claims(bucket: Bucket) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What claims say of drugs, one row a key; and the keys of claims that differ, where the key is not whole."""
    lines = bucket.read("ER_PRS_F").select(*KEY, "EXE_SOI_DTD", no_sentinel("PRE_PRE_DTD"), "PSP_SPE_COD")
    if bucket.has_claim_key:
        return split_repeats(lines, KEY)[0], lines.select(KEY).clear()
    claims = lines.unique()
    several = claims.filter(pl.struct(KEY).is_duplicated()).select(KEY).unique()
    return claims.join(several, on=KEY, how="anti"), several
