"""Truth, vault and register → each hospital record: to whom it is linked, to whom it should be, and in which groups.

Handles are recomputed from each source's keyring and local numbers, so that nothing that the parties wrote says whose
record it is. A link is what the star knows: a record and a line of the funds' register under one `patient_key`.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipelines.keys import Keyrings
from pipelines.orders import pseudonyms
from pipelines.pseudonymise import handles
from pipelines.register import numbers, read_register
from pipelines.send import FUNDS_LOCAL
from pipelines.vault import HANDLE, of_kind, read_vault
from schema import truth
from schema.errors import MissingStage, SchemaViolation
from schema.layout import HOSPITALS, Workspace, parts

GROWN = 16  # years
LOCAL = {**dict.fromkeys(HOSPITALS, ("patient_number",)), "funds": FUNDS_LOCAL}


def linked_records(workspace: Workspace, keyrings: Keyrings, start: date) -> pl.DataFrame:
    """One row a record of the four hospitals.

    Columns: source, pass, quality (of her weakest link), is_linked, is_right, is_findable, and a flag a group. Of a
    record that holds two persons the one is meant whose identity it shows.
    """
    identity = _read(workspace, "identity").filter(pl.col("local_number_fault") != "under_anothers")
    said = _keyed(identity, workspace, keyrings)
    register = said.filter(pl.col("source") == "funds")
    findable = register.select("person", is_findable=pl.lit(True)).unique()
    of_key = register.group_by("patient_key").agg(found="person", is_one=pl.col("person").n_unique() == 1)
    weakest = said.group_by("patient_key").agg(quality=pl.col("quality").max())  # low comes after high
    records = said.filter(pl.col("source") != "funds").drop("quality")
    judged = (
        records.join(findable, on="person", how="left")
        .join(of_key, on="patient_key", how="left")
        .join(weakest, on="patient_key", how="left")
        .join(_groups(_read(workspace, "person"), start), on="person")
    )
    is_right = pl.col("is_one") & pl.col("found").list.contains(pl.col("person"))
    return judged.with_columns(
        pl.col("is_findable").fill_null(False),
        is_linked=pl.col("found").is_not_null(),
        is_right=is_right.fill_null(False),
    ).drop("found", "is_one", "person", "patient_key")


def _keyed(identity: pl.DataFrame, workspace: Workspace, keyrings: Keyrings) -> pl.DataFrame:
    """(person, source, patient_key, pass, quality) of each local record that the custodian knows."""
    custodian = keyrings.open("custodian")
    vault = read_vault(workspace.custodian, {"stage2": custodian.check_value("stage2")})
    known = of_kind(vault, HANDLE).select(pl.col("source").cast(pl.String), "person", "pass", "quality", handle="token")
    names = pseudonyms(known["person"], vault, custodian)
    keys = known.join(names, on="person").join(numbers(read_register(workspace.hub)), on="pseudonym", how="left")
    local = pl.concat(
        [
            identity.filter(pl.col("source") == source).select(
                "person", "source", handles(identity.filter(pl.col("source") == source), keyrings.open(source), columns)
            )
            for source, columns in LOCAL.items()
        ]
    )
    found = local.join(keys.drop("person", "pseudonym"), on=["source", "handle"], how="left")
    if found["patient_key"].null_count():
        raise SchemaViolation(
            f"{found['patient_key'].null_count()} records of the truth have no number at the hub: run `emc2 run`, "
            "and give the keyrings that it was run with."
        )
    return found.drop("handle")


def _groups(persons: pl.DataFrame, start: date) -> pl.DataFrame:
    """Flags of the groups in which linkage is known to fail more often than elsewhere."""
    return persons.select(
        "person",
        children=pl.col("birth_date") > date(start.year - GROWN, start.month, start.day),
        twins=pl.col("twin").is_not_null(),
        married_women=(pl.col("sex") == 2) & (pl.col("birth_name") != pl.col("used_name")),
        born_abroad=pl.col("birth_place_code").str.starts_with("99"),
    )


def _read(workspace: Workspace, table: str) -> pl.DataFrame:
    """A table of the sealed truth."""
    found: list[Path] = parts(workspace.truth / table)
    if not found:
        raise MissingStage(f"{workspace.truth} holds no truth to compare with: only a generated workspace has one.")
    try:
        return pl.read_parquet(found).select(truth.TABLES[table].schema.keys())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{workspace.truth / table} cannot be read: build a new workspace.") from None
