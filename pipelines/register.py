"""The hub's register: pseudonym ↔ `patient_key` → append-only, the one piece of state no stage can rebuild.

New pseudonyms take the next numbers in pseudonym order, so that numbers tell nothing about the order of delivery. A
number once given never changes and is never given again; what change orders make of a person is a further row of
hers: merged (into whom), split (into whom some of her records went), opposed, restored, erased.
"""

import hashlib
from pathlib import Path

import polars as pl

from schema.errors import SchemaViolation

REGISTER = "register.parquet"
ENROLLED = "enrolled"
HIDDEN = ("opposed", "erased")  # states of persons of whom the star may hold nothing
SCHEMA: dict[str, pl.DataType] = {
    "pseudonym": pl.Binary(),
    "patient_key": pl.Int32(),
    "first_delivery": pl.Int32(),
    "state": pl.String(),
    "into": pl.Int32(),
}
_STATES = {"merge": "merged", "split": "split", "oppose": "opposed", "withdraw": "restored", "erase": "erased"}


def read_register(hub: Path) -> pl.DataFrame:
    path = hub / REGISTER
    try:
        register = pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=SCHEMA)
        if register.schema != SCHEMA:
            raise pl.exceptions.SchemaError
        return register
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{path} cannot be read: restore it, for nothing else knows its numbers.") from None


def numbers(register: pl.DataFrame) -> pl.DataFrame:
    """(pseudonym, patient_key) of everybody ever enrolled."""
    return register.filter(pl.col("state") == ENROLLED).select("pseudonym", "patient_key")


def highest(register: pl.DataFrame) -> int:
    """The last number given, 0 if none was."""
    return int(register["patient_key"].max() or 0)  # type: ignore[arg-type]


def enrol(register: pl.DataFrame, pseudonyms: pl.Series, delivery: int) -> pl.DataFrame:
    """The register with every pseudonym in it; numbers once given never change."""
    new = pseudonyms.unique().sort()
    new = new.filter(~new.is_in(register["pseudonym"].implode()))
    first = highest(register) + 1
    added = pl.DataFrame({"pseudonym": new}).with_columns(
        patient_key=pl.int_range(first, first + len(new), dtype=pl.Int32),
        first_delivery=pl.lit(delivery, pl.Int32),
        state=pl.lit(ENROLLED),
        into=pl.lit(None, pl.Int32),
    )
    return pl.concat([register, added])


def follow(register: pl.DataFrame, orders: pl.DataFrame, delivery: int) -> pl.DataFrame:
    """The register after change orders (order, pseudonym, into), as `pipelines/orders.py` makes them.

    An order that was followed changes nothing the second time, and one about a person never enrolled nothing at all.
    """
    names = pl.DataFrame({"order": list(_STATES), "state": list(_STATES.values())})
    known = numbers(register)
    wanted = (
        orders.join(names, on="order")
        .join(known, on="pseudonym")
        .join(known.rename({"pseudonym": "into", "patient_key": "number"}), on="into", how="left")
        .select("pseudonym", "patient_key", first_delivery=pl.lit(delivery, pl.Int32), state="state", into="number")
    )
    of_split = pl.col("state") == "split"
    done = register.filter(of_split).select("patient_key", "into")
    splits = wanted.filter(of_split).join(done, on=["patient_key", "into"], how="anti")
    now = states(register).select("patient_key", now="state", now_into="into")
    changed = (pl.col("state") != pl.col("now")) | ~pl.col("into").eq_missing(pl.col("now_into"))
    others = wanted.filter(~of_split).join(now, on="patient_key").filter(changed).select(SCHEMA.keys())
    return pl.concat([register, pl.concat([splits, others]).sort("patient_key", "state", "into")])


def states(register: pl.DataFrame) -> pl.DataFrame:
    """(patient_key, state, into) of everybody now; that some records left her is no state."""
    said = register.filter(pl.col("state") != "split")
    return said.unique("patient_key", keep="last", maintain_order=True).select("patient_key", "state", "into")


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
    numbering = numbers(register).sort("patient_key").select(pl.col("pseudonym").bin.encode("hex"))["pseudonym"]
    return hashlib.sha256("".join(numbering).encode()).hexdigest()[:16]
