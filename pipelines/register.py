"""The hub's register: pseudonym ↔ `patient_key` → append-only, the one piece of state no stage can rebuild.

New pseudonyms take the next numbers in pseudonym order, so that numbers tell nothing about the order of delivery.
"""

import hashlib
from pathlib import Path

import polars as pl

from schema.errors import SchemaViolation

REGISTER = "register.parquet"
SCHEMA: dict[str, pl.DataType] = {
    "pseudonym": pl.Binary(),
    "patient_key": pl.Int32(),
    "first_delivery": pl.Int32(),
}


def read_register(hub: Path) -> pl.DataFrame:
    path = hub / REGISTER
    try:
        register = pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=SCHEMA)
        if register.schema != SCHEMA:
            raise pl.exceptions.SchemaError
        return register
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{path} cannot be read: restore it, for nothing else knows its numbers.") from None


def enrol(register: pl.DataFrame, pseudonyms: pl.Series, delivery: int) -> pl.DataFrame:
    """The register with every pseudonym in it; numbers once given never change."""
    new = pseudonyms.unique().sort()
    new = new.filter(~new.is_in(register["pseudonym"].implode()))
    first = register.height + 1
    added = pl.DataFrame(
        {
            "pseudonym": new,
            "patient_key": pl.int_range(first, first + len(new), dtype=pl.Int32, eager=True),
            "first_delivery": pl.repeat(delivery, len(new), dtype=pl.Int32, eager=True),
        }
    )
    return pl.concat([register, added])


def write_register(register: pl.DataFrame, hub: Path) -> None:
    """Written beside and renamed."""
    beside = hub / f"{REGISTER}.next"
    register.write_parquet(beside)
    beside.replace(hub / REGISTER)


def confirm_numbering(hub: Path, said: str | None) -> None:
    """Refuse a register that numbers patients otherwise than the one whose fingerprint is given."""
    if fingerprint(read_register(hub)) != said:
        raise SchemaViolation(
            f"{hub / REGISTER} is not the one that the buckets were made with: restore it, "
            "or delete hub/buckets and run `emc2 run` again."
        )


def fingerprint(register: pl.DataFrame) -> str:
    """Tells two numberings of patients apart, and reveals neither pseudonyms nor who they are."""
    numbering = register.sort("patient_key").select(pl.col("pseudonym").bin.encode("hex"))["pseudonym"]
    return hashlib.sha256("".join(numbering).encode()).hexdigest()[:16]
