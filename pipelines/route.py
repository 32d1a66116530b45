"""The hub's first step: letters → register, and care rows under `patient_key` in buckets of 8,192 patients.

The matching id ends here. A bucket is a function of the rows and the register alone: neither part numbers nor the
order of letters matter.
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.keys import Keyring
from pipelines.ledger import READ, Ledger, Tally, same, tally, tally_files, tally_from_json, total
from pipelines.post import Letter, letters, spend
from pipelines.pseudonymise import outgoing
from pipelines.register import HIDDEN, enrol, follow, highest, numbers, read_register, states, write_register
from pipelines.star.reads import READS
from schema.errors import SchemaViolation, StorageFull, disk_is_full
from schema.layout import HOSPITALS
from schema.raw import declaration
from schema.star import BUCKET_PATIENTS

ROUTED_ROW_GROUP = 16_384  # rows in memory a bucket while all are open
COUNTS = "counts.json"
DRUGS = "IR_PHA_R.parquet"
HIDDEN_ROWS = "hidden"  # in the counts, beside bucket numbers: rows of persons who opposed or were erased
_WHOLE = ("IR_PHA_R", "answers", "orders")  # tables of a letter that are not cut into buckets
PERSONS_SCHEMA: dict[str, pl.DataType] = {
    "patient_key": pl.Int32(),
    "is_in_snds": pl.Boolean(),
    "n_hospitals": pl.Int16(),
    "linkage": pl.String(),
    "alone_reason": pl.String(),
    "link_quality": pl.String(),
}


def bucket_schemas() -> dict[str, dict[str, pl.DataType]]:
    """Columns and types of each table as it lies in a bucket."""
    schemas = {"persons": PERSONS_SCHEMA}
    for name, columns in READS.items():
        table = declaration(name)
        empty = pl.DataFrame(schema={c: table.schema[c] for c in columns})
        schemas[name] = {"patient_key": pl.Int32(), **empty.select(outgoing(table, columns)).schema, **_origin(name)}
    return schemas


def receive(
    keyring: Keyring,
    hub: Path,
    post: Path,
    senders: tuple[str, ...] = (*HOSPITALS, "snds"),
    answering: str = "custodian",
) -> dict[str, Tally]:
    """Enrol the persons of the answers, follow the change orders, and route every care row of the senders.

    Returns rows and cents by table, those of persons who are to be hidden among them.
    """
    everybody = tuple(dict.fromkeys((answering, *senders)))
    received = {letter.sender: letter for letter in letters(post, everybody, keyring, hub)}
    hub.mkdir(parents=True, exist_ok=True)
    known, hidden = _enrolled(received[answering], hub)
    buckets = hub / f".buckets-{secrets.token_hex(4)}"
    buckets.mkdir()  # with nobody in the answers nothing is sunk
    _sink(_persons(known).lazy(), buckets / "persons")
    care = [received[sender] for sender in senders]
    sent = _route_letters(care, known, buckets)
    routed = {name: _count(buckets / name) for name in (*sent, "persons")}
    withheld = _count_hidden(care, hidden)
    for name, amount in sent.items():
        left_out = withheld.get(name, Tally())
        routed[name][HIDDEN_ROWS] = left_out.as_json()
        if not same(tally_from_json(routed[name]["total"]) + left_out, amount):
            raise SchemaViolation(f"Rows or cents of {name} were lost between letter and bucket: run `emc2 run` again.")
    (buckets / COUNTS).write_text(json.dumps(routed), encoding="utf-8")
    drugs = received["snds"].read("IR_PHA_R")
    drugs.write_parquet(buckets / DRUGS)
    shutil.rmtree(hub / "buckets", ignore_errors=True)
    buckets.rename(hub / "buckets")
    spend(received.values(), hub)
    return {**sent, "IR_PHA_R": tally(drugs)}


def _enrolled(answering: Letter, hub: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The answers under `patient_key`, apart: persons whom the star may hold, and those who opposed or were erased."""
    answers = answering.read("answers")
    register = enrol(read_register(hub), answers["pseudonym"], answering.delivery)
    if "orders" in answering.tables:
        register = follow(register, answering.read("orders"), answering.delivery)
    write_register(register, hub)
    everyone = answers.join(numbers(register), on="pseudonym").drop("pseudonym")
    hidden = states(register).filter(pl.col("state").is_in(HIDDEN)).select("patient_key")
    return everyone.join(hidden, on="patient_key", how="anti"), everyone.join(hidden, on="patient_key", how="semi")


def read_counts(buckets: Path) -> dict[str, dict[str, Tally]]:
    """Rows and cents of each routed table, by bucket number and in `total`."""
    try:
        content = json.loads((buckets / COUNTS).read_text(encoding="utf-8"))
        return {name: {k: tally_from_json(said) for k, said in found.items()} for name, found in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SchemaViolation(
            f"{buckets / COUNTS} cannot be read: delete hub/buckets and run `emc2 run` again."
        ) from None


def hidden_rows(counts: dict[str, dict[str, Tally]]) -> Ledger:
    """The fate of rows that no bucket holds because their persons opposed, or were erased."""
    ledger = Ledger()
    for table, found in counts.items():
        if (amount := found.get(HIDDEN_ROWS, Tally())).rows:
            ledger.add(table, READ, "", amount)
            ledger.add(table, "filtered", "opposed_or_erased", amount)
    return ledger


def n_buckets(hub: Path) -> int:
    """Buckets that the register fills; at least one, for the unknown patient."""
    return max(1, -(-highest(read_register(hub)) // BUCKET_PATIENTS))


def _persons(known: pl.DataFrame) -> pl.DataFrame:
    """What the answers say of each person: by whom she is known, and how she was linked."""
    hospitals = pl.col("source").is_in(HOSPITALS)
    return known.group_by("patient_key").agg(
        (~hospitals).any().alias("is_in_snds"),
        pl.col("source").filter(hospitals).n_unique().cast(pl.Int16).alias("n_hospitals"),
        pl.col("linkage").max(),  # of records of one source, single before alone
        pl.when(pl.col("linkage").max() == "alone").then(pl.col("reason").min()).alias("alone_reason"),
        pl.col("quality").max().alias("link_quality"),  # low if any link of hers is
    )


def _route_letters(received: list[Letter], known: pl.DataFrame, buckets: Path) -> dict[str, Tally]:
    """Sink each raw table, of all letters that hold it, into its bucket folders; returns what was sent."""
    sent: dict[str, Tally] = {}
    frames: dict[str, list[pl.LazyFrame]] = {}
    for letter in received:
        keys = _of_letter(known, letter).select("idacc", "patient_key")
        for folder, amount in letter.tables.items():
            if folder in _WHOLE:
                continue
            table = declaration(folder).name
            sent[table] = sent.get(table, Tally()) + amount
            rows = letter.scan(folder).join(keys.lazy(), on="idacc").drop("idacc")
            frames.setdefault(table, []).append(rows.with_columns(**_origin_of(letter, folder)))
    for table, parts in frames.items():
        with _whole_letters(table):
            _sink(pl.concat(parts), buckets / table)
    return sent


def _of_letter(known: pl.DataFrame, letter: Letter) -> pl.DataFrame:
    """The answers about matching ids that stand in a letter: those of the SNDS were drawn by it or by the funds."""
    return known.filter(pl.col("source").is_in(("snds", "funds") if letter.sender == "snds" else (letter.sender,)))


def _count_hidden(received: list[Letter], hidden: pl.DataFrame) -> dict[str, Tally]:
    """Rows and cents, by table, of persons of whom the star may hold nothing."""
    counts: dict[str, Tally] = {}
    for letter in received:
        keys = _of_letter(hidden, letter).select("idacc")
        for folder in letter.tables if keys.height else ():
            if folder not in _WHOLE:
                table = declaration(folder).name
                with _whole_letters(table):
                    found = tally(letter.scan(folder).join(keys.lazy(), on="idacc", how="semi").collect())
                counts[table] = counts.get(table, Tally()) + found
    return counts


@contextmanager
def _whole_letters(table: str) -> Iterator[None]:
    """Name a table of a letter that cannot be read, and what to do."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if disk_is_full(error):
            raise StorageFull from None
        raise SchemaViolation(f"The {table} of a letter cannot be read as Parquet: run `emc2 run` again.") from None


def _origin(table: str) -> dict[str, pl.DataType]:
    """The column that says where a row comes from, for tables of which there are several."""
    if table.startswith("T_MCO"):
        return {"exit_year": pl.Int32()}
    return {"source": pl.String()} if table in ("patient", "encounter", "diagnosis", "procedure") else {}


def _origin_of(letter: Letter, folder: str) -> dict[str, pl.Expr]:
    name = declaration(folder).name
    if name.startswith("T_MCO"):
        return {"exit_year": pl.lit(2000 + int(folder[5:7]), pl.Int32)}
    return {"source": pl.lit(letter.sender)} if _origin(name) else {}


def _sink(rows: pl.LazyFrame, folder: Path) -> None:
    bucket = (pl.col("patient_key") - 1) // BUCKET_PATIENTS
    target = pl.PartitionBy(folder, key={"bucket": bucket}, include_key=False)
    rows.sink_parquet(target, mkdir=True, compression="lz4", statistics=False, row_group_size=ROUTED_ROW_GROUP)


def _count(table: Path) -> dict[str, Any]:
    """Rows and cents of a routed table, a bucket and in total."""
    counts = {
        folder.name.removeprefix("bucket="): tally_files(sorted(folder.glob("*.parquet")))
        for folder in sorted(table.glob("bucket=*"))
    }
    amounts = total(counts.values())
    return {"total": amounts.as_json(), **{number: amount.as_json() for number, amount in counts.items()}}
