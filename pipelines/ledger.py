"""Every source row has one fate; counts and cents add up, table by table.

Fates: `read` (what a step found), then one of `kept`, `merged`, `filtered` or `rejected` by a named rule. A step's
ledger balances when the fates of each table sum to what it read; the next step must read what was kept.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from schema.errors import LoadFailed, MissingStage, SchemaViolation

READ = "read"
FATES = ("kept", "merged", "filtered", "rejected")


@dataclass(frozen=True)
class Tally:
    """Rows, and the exact sum in cents of each money column."""

    rows: int = 0
    cents: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        names = self.cents.keys() | other.cents.keys()
        cents = {name: self.cents.get(name, 0) + other.cents.get(name, 0) for name in sorted(names)}
        return Tally(self.rows + other.rows, cents)

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "cents": dict(sorted(self.cents.items()))}


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def tally(frame: pl.DataFrame) -> Tally:
    """Rows and cents of a frame; every DECIMAL(11, 2) column is money."""
    money = [name for name, dtype in frame.schema.items() if dtype == pl.Decimal(11, 2)]
    sums = frame.select(pl.col(money).sum()).row(0) if money else ()
    return Tally(frame.height, {name: int((value or 0) * 100) for name, value in zip(money, sums, strict=True)})


def tally_files(paths: list[Path]) -> Tally:
    """Rows and cents of Parquet files, reading no other column than money."""
    rows = pl.scan_parquet(paths, hive_partitioning=False)
    money = [name for name, dtype in rows.collect_schema().items() if dtype == pl.Decimal(11, 2)]
    found = rows.select(pl.len().alias("rows"), pl.col(money).sum()).collect().row(0, named=True)
    return Tally(found.pop("rows"), {name: int((value or 0) * 100) for name, value in found.items()})


def tally_from_json(content: dict[str, Any]) -> Tally:
    """A tally as it was written; TypeError where an amount is no whole number."""
    amount = Tally(content["rows"], dict(content["cents"]))
    if not all(isinstance(number, int) for number in (amount.rows, *amount.cents.values())):
        raise TypeError
    return amount


class Ledger:
    """Fates of the rows of one step: (table, fate, rule) → tally."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str, str], Tally] = {}

    def add(self, table: str, fate: str, rule: str, amount: Tally) -> None:
        place = (table, fate, rule)
        self.entries[place] = self.entries.get(place, Tally()) + amount

    def extend(self, other: "Ledger") -> None:
        for (table, fate, rule), amount in other.entries.items():
            self.add(table, fate, rule, amount)

    def of(self, table: str, *fates: str) -> Tally:
        """Sum over the entries of a table with one of the fates."""
        return total(amount for (t, f, _), amount in self.entries.items() if t == table and f in fates)

    def tables(self) -> list[str]:
        return sorted({table for table, _, _ in self.entries})

    def check_balance(self) -> None:
        """Raise LoadFailed naming the tables of which rows or cents are lost or won."""
        wrong = [t for t in self.tables() if not same(self.of(t, READ), self.of(t, *FATES))]
        if wrong:
            raise LoadFailed(
                f"Rows or cents do not add up in {', '.join(wrong)}: nothing was replaced; run `emc2 run` again."
            )

    def confirm_read(self, handed_on: dict[str, Any]) -> None:
        """Raise SchemaViolation naming the tables of which other rows or cents were read than were handed on."""
        said = {table: tally_from_json(amount) for table, amount in handed_on.items() if isinstance(amount, dict)}
        if wrong := [table for table in self.tables() if not same(self.of(table, READ), said.get(table, Tally()))]:
            raise SchemaViolation(
                f"hub/buckets holds other rows or cents of {', '.join(wrong)} than were routed there: "
                "delete hub/buckets and run `emc2 run` again."
            )

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"table": table, "fate": fate, "rule": rule, **amount.as_json()}
            for (table, fate, rule), amount in sorted(self.entries.items())
        ]


def same(left: Tally, right: Tally) -> bool:
    """Whether rows and every money column agree; a column that one side lacks counts as 0."""
    names = left.cents.keys() | right.cents.keys()
    return left.rows == right.rows and all(left.cents.get(n, 0) == right.cents.get(n, 0) for n in names)


def from_json(content: list[dict[str, Any]]) -> Ledger:
    ledger = Ledger()
    for entry in content:
        table, fate, rule = (entry[name] for name in ("table", "fate", "rule"))
        if not all(isinstance(word, str) for word in (table, fate, rule)):
            raise TypeError
        ledger.add(table, fate, rule, tally_from_json(entry))
    return ledger


def read_ledger(path: Path) -> Ledger:
    """The ledger that a party keeps of its last step."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise MissingStage("There is no ledger yet: run `emc2 run`.") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read: delete hub/buckets and run `emc2 run` again.") from None
