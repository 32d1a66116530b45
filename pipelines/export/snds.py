"""Reads the SNDS's own tables → writes them as an analyst receives them: CSV, Parquet, or one DuckDB file.

Every declared column, in the official order and type; a column that an import did not land is empty. CSV and Parquet
call persons by `NUM_ENQ…`, the DuckDB file as the portal does. All or nothing, and every row of the source is there.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.export.dialect import Dialect
from pipelines.export.files import CsvFile, ParquetFile
from pipelines.export.images import Images
from pipelines.extract import Extract
from pipelines.ledger import Ledger, Tally, same, tally
from schema.errors import SchemaViolation, SettingsError, StorageFull, disk_is_full
from schema.layout import SYNTHETIC, parts
from schema.raw import declaration
from schema.reference.value import value_tables
from warehouse.store.portal import write_portal

FORMATS = ("csv", "parquet", "duckdb")
DATABASE = "snds.duckdb"
ROWS = 65_536  # that are held at a time
# What an extract calls the portal's columns.
EXTRACT_NAMES = {
    "BEN_NIR_PSA": "NUM_ENQ",
    "NIR_ANO_17": "NUM_ENQ",
    "BEN_NIR_ANO": "NUM_ENQ_ANO",
    "BEN_IDT_ANO": "NUM_ENQ_IDT",
}


@dataclass(frozen=True)
class Written:
    """One table of an export."""

    table: str
    rows: int
    bytes: int


def export_snds(source: Path, target: Path, form: str, dialect: Dialect) -> list[Written]:
    """Write the export beside `target`, then rename it; `target` is absent or an empty folder."""
    counted = _counted(source)
    beside = target.with_name(f".{target.name}.next")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        written = _write_all(source, counted, beside, form, dialect)
        (beside / "README.md").write_text(_page(form, dialect, written), encoding="utf-8")
        beside.replace(target)
        return written
    except (OSError, pl.exceptions.PolarsError, pa.ArrowException) as error:
        if disk_is_full(error):
            raise StorageFull from None
        raise SettingsError(f"{target} cannot be written: name another folder with --to.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _counted(source: Path) -> dict[str, Tally]:
    """Rows and cents by table, as the source's manifest names them."""
    counted = Extract(source, Ledger()).manifest
    try:
        for folder in counted:
            declaration(folder)
    except KeyError:
        raise SchemaViolation(f"The manifest in {source} names a table that is not the SNDS's: restore it.") from None
    return counted


def _write_all(source: Path, counted: dict[str, Tally], out: Path, form: str, dialect: Dialect) -> list[Written]:
    images = Images()
    written = [
        _write(_open(out, name, form, dialect), _pieces(source, name, images), counted[name]) for name in counted
    ]
    if "IR_BEN_R" in counted:  # nobody has left the register
        nobody = pl.DataFrame(schema=declaration("IR_BEN_R").schema)
        written.append(_write(_open(out, "IR_BEN_R_ARC", form, dialect), iter([nobody]), Tally()))
    for name, values in value_tables().items():
        written.append(_write(_open(out, name, form, dialect), iter([values]), Tally(values.height)))
    return _database(out, written) if form == "duckdb" else written


def _open(out: Path, table: str, form: str, dialect: Dialect) -> CsvFile | ParquetFile:
    match form:
        case "csv":
            return CsvFile(out, table, EXTRACT_NAMES, dialect)
        case "parquet":
            return ParquetFile(out, table, EXTRACT_NAMES)
        case _:
            return ParquetFile(out, table, {})


def _write(file: CsvFile | ParquetFile, pieces: Iterator[pl.DataFrame], expected: Tally) -> Written:
    """Write one table; SchemaViolation unless its rows and cents are those that the source's manifest names."""
    seen = Tally()
    with file:
        for piece in pieces:
            file.add(piece)
            seen = seen + tally(piece)
    if not same(seen, expected):
        raise SchemaViolation(
            f"{file.table} does not hold the rows and cents that its manifest names; nothing was exported: "
            "restore the source."
        )
    return Written(file.table, seen.rows, file.path.stat().st_size)


def _pieces(source: Path, folder: str, images: Images) -> Iterator[pl.DataFrame]:
    """A table's rows under their images, at most `ROWS` at a time; at least one piece, be it empty."""
    table = declaration(folder)
    yield pl.DataFrame(schema=table.schema)
    for path in parts(source / folder):
        place = f"{folder}/{path.name}"
        try:
            found = pl.read_parquet_schema(path)
            batches = pq.ParquetFile(path).iter_batches(ROWS, columns=[name for name in table.schema if name in found])
            if any(found.get(name, dtype) != dtype for name, dtype in table.schema.items()):
                raise SchemaViolation(f"{place} has columns of another type than declared: restore the source.")
            for batch in batches:
                rows = pl.DataFrame(batch)
                whole = [rows[n] if n in found else pl.lit(None, dtype).alias(n) for n, dtype in table.schema.items()]
                yield images.replace(folder, rows.select(whole))
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException):
            raise SchemaViolation(f"{place} cannot be read as Parquet: restore the source.") from None


def _database(out: Path, written: list[Written]) -> list[Written]:
    """One DuckDB file of the Parquet files, which are removed."""
    files = {table.table: out / f"{table.table}.parquet" for table in written}
    write_portal(out / DATABASE, files, {table.table: table.rows for table in written})
    for path in files.values():
        path.unlink()
    return [Written(table.table, table.rows, 0) for table in written]


def _page(form: str, dialect: Dialect, written: list[Written]) -> str:
    """What a reader must know, and each table with its rows."""
    how = {
        "csv": f"CSV: separator `{dialect.separator}`, {dialect.encoding}, dates {dialect.date_form}, "
        f"decimal `{dialect.decimal}`, quotes where a text needs them, null empty",
        "parquet": "Parquet, one file a table",
        "duckdb": f"`{DATABASE}`, one table an official name and year",
    }
    lines = "\n".join(f"| {table.table} | {table.rows:,} |" for table in written)
    return (
        f"# SNDS tables\n\n**{SYNTHETIC}**\n\n{how[form]}.\n\n"
        "Pseudonyms were made for this export alone and can be joined with no other. 1600-01-01 means no date.\n\n"
        f"| table | rows |\n|---|---|\n{lines}\n"
    )
