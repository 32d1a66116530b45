"""Reads a source's Parquet parts as declared in `schema.raw` → valid rows, and rejects with the rule they broke.

Shape (names and physical types) is checked a file; rules of one row (nulls, of an import also limits) a row; unique
keys of person tables over the whole table. Counts and cents are compared with the source's own manifest, so that a
lost part or a changed amount is seen.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from pipelines.ledger import READ, Ledger, Tally, same, tally, tally_from_json
from pipelines.repeats import split_repeats
from schema.errors import MissingStage, SchemaViolation
from schema.frames import DeclaredTable
from schema.layout import parts
from schema.raw import declaration

Rules = dict[str, pl.Expr]  # name → true where a row breaks it


def required(table: DeclaredTable, columns: Sequence[str]) -> list[str]:
    """Those of the columns that are never null."""
    return [name for name in columns if not table.column(name).may_be_null]


def declared_rules(table: DeclaredTable, columns: Sequence[str]) -> Rules:
    """What a source that this program wrote keeps: no null in a column that is never null."""
    return {f"null_in_{name}": pl.col(name).is_null() for name in required(table, columns)}


def read_part(path: Path, table: DeclaredTable, columns: Sequence[str], *, whole: bool = True) -> pl.DataFrame:
    """Columns of one part, after its shape is checked: of the `whole` declared table, or of these columns alone."""
    place = "/".join(path.parts[-3:])
    try:
        found = pl.read_parquet_schema(path)
        expected = table.schema if whole else {name: table.schema[name] for name in columns}
        wrong = [name for name, dtype in expected.items() if found.get(name) != dtype]
        if wrong:
            raise SchemaViolation(
                f"{place}: {len(wrong)} columns are absent or of another type than declared ({', '.join(wrong[:3])}): "
                "restore the file."
            )
        return pl.read_parquet(path, columns=list(columns))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{place} cannot be read as Parquet: restore it, or build a fresh workspace.") from None


def split_broken(frame: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Valid rows, and rejected rows with a `rule` column; a row that breaks several rules is counted at the first."""
    found = frame.select(**{name: is_broken.any() for name, is_broken in rules.items()}).rows(named=True)
    broken = [name for name, any_broken in (found[0] if found else {}).items() if any_broken]
    if not broken:
        return frame, frame.clear().with_columns(rule=pl.lit("", pl.String))
    marked = frame.with_columns(rule=pl.coalesce(pl.when(rules[name]).then(pl.lit(name)) for name in broken))
    return marked.filter(pl.col("rule").is_null()).drop("rule"), marked.filter(pl.col("rule").is_not_null())


class Extract:
    """One source's tables during one step, with its ledger and its rejects.

    `landed_rules` are those of a source that was imported: it holds the columns that are read, and no others. Of
    `unkeyed` folders an extract lacks a part of the key, so that rows which share the rest may differ.
    """

    def __init__(
        self,
        directory: Path,
        ledger: Ledger,
        landed_rules: Callable[[DeclaredTable, Sequence[str]], Rules] | None = None,
        unkeyed: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.ledger = ledger
        self.rules = landed_rules or declared_rules
        self.is_whole = landed_rules is None
        self.unkeyed = unkeyed
        self.rejected: dict[str, list[pl.DataFrame]] = {}
        path = directory / "manifest.json"
        try:
            tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
            self.manifest = {name: tally_from_json(amount) for name, amount in tables.items()}
        except FileNotFoundError:
            raise MissingStage(f"{directory} holds no source: run `emc2 generate`, or import it again.") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise SchemaViolation(f"{path} cannot be read: build a fresh workspace.") from None

    def reject(self, folder: str, rows: pl.DataFrame) -> None:
        """Keep rejected rows (they carry `rule`) at their source, and count them by rule."""
        if rows.height:
            self.rejected.setdefault(folder, []).append(rows.drop("idacc", strict=False))  # it is for the post alone
            for (rule,), group in rows.partition_by("rule", as_dict=True).items():
                self.ledger.add(folder, "rejected", str(rule), tally(group))

    def parts(self, folder: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Valid rows of each part; every row read is counted, and the whole compared with the manifest."""
        table = declaration(folder)
        columns = tuple(dict.fromkeys(columns))
        seen = Tally()
        for path in parts(self.directory / folder):
            frame = read_part(path, table, columns, whole=self.is_whole)
            amount = tally(frame)
            seen = seen + amount
            self.ledger.add(folder, READ, "", amount)
            valid, rejected = split_broken(frame, self.rules(table, columns))
            self.reject(folder, rejected)
            yield valid
        self._compare(folder, seen)

    def whole(self, folder: str, columns: Sequence[str]) -> pl.DataFrame:
        """A person table as one frame, its key unique: later rows of a repeated key are rejected."""
        frames = list(self.parts(folder, columns))
        frame = pl.concat(frames) if frames else pl.DataFrame(schema=_schema(folder, columns))
        return self.first_of_key(folder, frame)

    def first_of_key(self, folder: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows whose key no earlier row of the frame has; the later ones are rejected."""
        if folder in self.unkeyed:
            return frame
        first, repeated = split_repeats(frame, declaration(folder).key)
        self.reject(folder, repeated.with_columns(rule=pl.lit("repeated_key")))
        return first

    def _compare(self, folder: str, seen: Tally) -> None:
        said = self.manifest.get(folder, Tally())
        read_only = Tally(said.rows, {name: said.cents[name] for name in seen.cents if name in said.cents})
        if not same(read_only, seen):
            raise SchemaViolation(
                f"{self.directory.name}/{folder} does not hold the rows and cents that its manifest names: "
                "restore it, or build a fresh workspace."
            )

    def write_rejects(self) -> None:
        """Rejected rows stay with the party, one file a table, with the rule they broke; an earlier run's go."""
        folder = self.directory / "rejects"
        shutil.rmtree(folder, ignore_errors=True)
        for table, frames in self.rejected.items():
            folder.mkdir(exist_ok=True)
            pl.concat(frames).write_parquet(folder / f"{table}.parquet")


def _schema(folder: str, columns: Sequence[str]) -> dict[str, pl.DataType]:
    return {name: declaration(folder).schema[name] for name in columns}
