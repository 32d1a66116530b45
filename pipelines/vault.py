"""The custodian's vault: one table of all that it remembers → read, and replaced in one rename.

A row is one token and what it stands for now. Kinds: `insured` and `own` (tokens), `handle` (a local record of one
source), `person` (a person merged: her first token → the person she is now), `moved` (a handle that left a person
who stays with others). States: active; shared (a token of several persons: it links nothing); merged; moved;
opposed, restored, erased (a handle whose patient said so). Match-keys are never here.
"""

from pathlib import Path

import polars as pl

from schema.errors import KeyMaterialError, SchemaViolation
from schema.layout import SOURCES

VAULT = "vault.parquet"
CUSTODIAN = "custodian"  # source of what no source said
SOURCE = pl.Enum((*SOURCES, CUSTODIAN))  # half the cost of text where millions of records are joined
HANDLE, MERGED, MOVED = "handle", "person", "moved"  # kinds of rows beside those of tokens
SCHEMA: dict[str, pl.DataType] = {
    "token": pl.Binary(),
    "kind": pl.String(),
    "source": SOURCE,
    "first_delivery": pl.Int32(),
    "person": pl.Binary(),
    "pass": pl.String(),
    "quality": pl.String(),
    "state": pl.String(),
    "reason": pl.String(),
}


def read_vault(directory: Path, check_values: dict[str, str]) -> pl.DataFrame:
    """The vault, empty where there is none; refuses another keyring than the one it was made with."""
    path = directory / VAULT
    if not path.exists():
        return pl.DataFrame(schema=SCHEMA)
    try:
        said = pl.read_parquet_metadata(path)
        vault = pl.read_parquet(path)
        if vault.schema != SCHEMA:
            raise pl.exceptions.SchemaError
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{path} cannot be read: restore it, or build a new workspace.") from None
    if any(said.get(name) != value for name, value in check_values.items()):
        raise KeyMaterialError(
            "This workspace was linked under another keyring: give that --keyring, or build a new workspace."
        )
    return vault


def replace_vault(vault: pl.DataFrame, directory: Path, check_values: dict[str, str]) -> None:
    """Written beside and renamed, so that a kill leaves the old vault or the new one."""
    directory.mkdir(parents=True, exist_ok=True)
    beside = (directory / VAULT).with_suffix(".next")
    vault.select(SCHEMA.keys()).write_parquet(beside, compression="lz4", statistics=False, metadata=check_values)
    beside.replace(directory / VAULT)


def of_kind(vault: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    return vault.filter(pl.col("kind").is_in(kinds))


def ages(vault: pl.DataFrame) -> pl.DataFrame:
    """(person, first_delivery) of everybody in the vault."""
    return vault.filter(pl.col("person").is_not_null()).group_by("person").agg(pl.col("first_delivery").min())
