"""Letters: all that crosses between parties is a folder in `post/<from>_to_<to>/`.

A letter holds tables as Parquet parts, rows in matching-id order, and a header that names sender, recipient,
delivery and the rows and cents of each table; the recipient counts again. It appears whole or not at all.
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.ledger import Tally, same, tally_from_json
from schema.errors import MissingStage, SchemaViolation
from schema.layout import part_name, parts

HEADER = "header.json"
ROW_GROUP = 65_536  # rows that a reader must hold at a time


def letter_folder(post: Path, sender: str, recipient: str) -> Path:
    return post / f"{sender}_to_{recipient}"


@dataclass
class Draft:
    """A letter being written; `send` makes it appear in the post in one rename."""

    post: Path
    sender: str
    recipient: str
    delivery: int
    check_values: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = f".{self.sender}_to_{self.recipient}-{secrets.token_hex(4)}"
        self.folder = self.post / name
        self.folder.mkdir(parents=True)

    def add(self, table: str, frame: pl.DataFrame, amount: Tally) -> None:
        """One part of a table, in matching-id order so that the sender's order tells nothing."""
        folder = self.folder / table
        folder.mkdir(exist_ok=True)
        number = len(parts(folder))
        order = ["idacc", *(c for c in frame.columns if c != "idacc")] if "idacc" in frame.columns else None
        ordered = frame.select(order).sort("idacc") if order else frame
        ordered.write_parquet(folder / part_name(number), compression="lz4", statistics=False, row_group_size=ROW_GROUP)
        self.tables[table] = self.tables.get(table, Tally()) + amount

    def send(self) -> None:
        header = {
            "from": self.sender,
            "to": self.recipient,
            "delivery": self.delivery,
            "check_values": self.check_values,
            "tables": {name: amount.as_json() for name, amount in self.tables.items()},
        }
        (self.folder / HEADER).write_text(json.dumps(header, indent=1), encoding="utf-8")
        target = letter_folder(self.post, self.sender, self.recipient)
        shutil.rmtree(target, ignore_errors=True)
        self.folder.rename(target)


@dataclass(frozen=True)
class Letter:
    """A letter received."""

    folder: Path
    sender: str
    delivery: int
    check_values: dict[str, str]
    tables: dict[str, Tally]

    def paths(self, table: str) -> list[Path]:
        return parts(self.folder / table)

    def read(self, table: str) -> pl.DataFrame:
        """A person-level table, whole; counted against the header."""
        try:
            frame = pl.read_parquet(self.paths(table))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            raise SchemaViolation(
                f"The {table} in the letter of {self.sender} cannot be read as Parquet: run `emc2 run` again."
            ) from None
        self.confirm(table, Tally(frame.height))
        return frame

    def confirm(self, table: str, amount: Tally) -> None:
        """Refuse a table whose rows, or cents where given, are not what the header says."""
        said = self.tables.get(table, Tally(-1))
        if amount.rows != said.rows or (amount.cents and not same(amount, said)):
            raise SchemaViolation(
                f"The letter of {self.sender} does not hold the {table} that its header names: run `emc2 run` again."
            )


def read_letter(post: Path, sender: str, recipient: str) -> Letter:
    folder = letter_folder(post, sender, recipient)
    try:
        header: dict[str, Any] = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        tables = {name: tally_from_json(amount) for name, amount in header["tables"].items()}
        return Letter(folder, header["from"], header["delivery"], header["check_values"], tables)
    except FileNotFoundError:
        raise MissingStage(f"No letter from {sender} to {recipient} has come: run `emc2 run`.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SchemaViolation(
            f"The letter from {sender} to {recipient} cannot be read: run `emc2 run` again."
        ) from None


def letters(post: Path, senders: tuple[str, ...], recipient: str) -> Iterator[Letter]:
    for sender in senders:
        yield read_letter(post, sender, recipient)
